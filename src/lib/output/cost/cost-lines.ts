import type {Range} from '../../domain/estimate/range.js';
import type {CostReport, JobCost} from '../../workflows/cost/sum-costs.js';
import {csvRecord} from '../text/csv.js';
import {formatCount, plural} from '../text/format.js';
import {describeCost, formatCost, formatTokens, formatUsd} from '../text/money.js';
import {tableLines, type Column} from '../text/table.js';

/** By what `gembatch cost` groups its table. */
export type CostGrouping = 'file' | 'model' | 'day';

/** A line of the table: jobs that have the same file, model or day. */
interface CostGroup {
  readonly name: string;
  readonly jobs: readonly JobCost[];
}

const COLUMNS: readonly Column<CostGroup>[] = [
  {title: 'JOBS', align: 'right', rank: 4, cell: ({jobs}) => String(jobs.length)},
  {title: 'INPUT', align: 'right', rank: 2, cell: ({jobs}) => tokens(jobs, (usage) => usage.prompt_tokens)},
  {title: 'CACHED', align: 'right', rank: 5, cell: ({jobs}) => tokens(jobs, (usage) => usage.cached_tokens)},
  {
    title: 'THOUGHTS',
    align: 'right',
    rank: 3,
    cell: ({jobs}) => tokens(jobs, (usage) => usage.thoughts_tokens),
  },
  {title: 'OUTPUT', align: 'right', rank: 1, cell: ({jobs}) => tokens(jobs, (usage) => usage.output_tokens)},
  {title: 'SEARCHES', align: 'right', rank: 3, cell: ({jobs}) => searches(jobs)},
  {title: 'COST', align: 'right', rank: 0, cell: ({jobs}) => formatCost(costOf(jobs))},
  {title: 'ESTIMATE', align: 'right', rank: 2, cell: ({jobs}) => estimateCell(jobs)},
  {title: 'OFF BY', align: 'right', rank: 2, cell: ({jobs}) => offByCell(jobs)},
];

/** The screen of `gembatch cost`. */
export function costLines(
  {jobs, total}: CostReport,
  {by, columns}: {by: CostGrouping; columns: number},
): readonly string[] {
  if (jobs.length === 0) return ['No batch jobs are recorded.'];
  const name: Column<CostGroup> = {
    title: by.toUpperCase(),
    align: 'left',
    rank: 0,
    cell: (group) => group.name,
  };
  const open = jobs.filter(({cost_usd: cost}) => cost === null).length;
  return [
    ...tableLines(groupsOf(jobs, by), [name, ...COLUMNS], columns),
    '',
    total.cost_usd === null
      ? `${plural(jobs.length, 'job')}: ${knownText(total.cost_usd_known, open)}.`
      : `${plural(jobs.length, 'job')}: ${formatUsd(total.cost_usd)}.`,
    ...estimateLines(jobs, total.estimate_usd),
    ...total.price_missing.map((model) => `No price is known for ${model}.`),
    'Searches by failed requests are billed too, but no row shows them.',
  ];
}

/** Nothing that is known is not said to be $0. */
function knownText(usd: number, open: number): string {
  if (usd === 0) return 'the cost is unknown';
  return `${formatUsd(usd)}, not counting ${plural(open, 'job')} of unknown cost`;
}

function estimateLines(jobs: readonly JobCost[], estimate: Range | null): readonly string[] {
  if (estimate === null) return [];
  const off = offBy(jobs);
  return [
    `Estimated before: ${describeCost(estimate)}.`,
    ...(off === undefined ? [] : [`The answers cost ${offByText(off)} the most likely estimate.`]),
  ];
}

function estimateCell(jobs: readonly JobCost[]): string {
  let likely = 0;
  for (const {estimate_usd: estimate} of jobs) {
    if (estimate === null) return 'unknown';
    likely += estimate.likely;
  }
  return formatUsd(likely);
}

function offByText(percent: number): string {
  if (percent === 0) return 'as much as';
  return percent > 0 ? `${formatCount(percent)}% more than` : `${formatCount(-percent)}% less than`;
}

function offByCell(jobs: readonly JobCost[]): string {
  const percent = offBy(jobs);
  if (percent === undefined) return '';
  return `${percent > 0 ? '+' : ''}${formatCount(percent)}%`;
}

/** By how many percent the cost is above the likely estimate, over jobs that have both; undefined when there are none. */
function offBy(jobs: readonly JobCost[]): number | undefined {
  let cost = 0;
  let likely = 0;
  for (const {cost_usd: usd, estimate_usd: estimate} of jobs) {
    if (usd === null || estimate === null) continue;
    cost += usd;
    likely += estimate.likely;
  }
  if (likely === 0) return undefined;
  return Math.round((cost / likely - 1) * 100) + 0; // No minus before a zero.
}

function groupsOf(jobs: readonly JobCost[], by: CostGrouping): readonly CostGroup[] {
  const groups = new Map<string, JobCost[]>();
  for (const job of jobs) {
    const name = (by === 'file' ? job.whole_file : job[by]) ?? 'unknown';
    groups.set(name, [...(groups.get(name) ?? []), job]);
  }
  return [...groups].map(([name, members]) => ({name, jobs: members}));
}

function costOf(jobs: readonly JobCost[]): number | null {
  return jobs.reduce<number | null>(
    (sum, {cost_usd: cost}) => (sum === null || cost === null ? null : sum + cost),
    0,
  );
}

function tokens(
  jobs: readonly JobCost[],
  countOf: (usage: NonNullable<JobCost['usage']>) => number | null,
): string {
  let sum = 0;
  for (const {usage} of jobs) {
    const count = usage === null ? null : countOf(usage);
    if (count === null) return 'unknown';
    sum += count;
  }
  return formatTokens(sum);
}

function searches(jobs: readonly JobCost[]): string {
  const count = jobs.reduce((sum, {usage}) => sum + (usage?.search_queries ?? 0), 0);
  return count === 0 ? '' : String(count);
}

const CSV_TITLES = [
  'file',
  'job',
  'model',
  'day',
  'rows',
  'prompt_tokens',
  'cached_tokens',
  'thoughts_tokens',
  'output_tokens',
  'tool_use_tokens',
  'search_queries',
  'maps_prompts',
  'cost_usd',
  'estimate_low_usd',
  'estimate_likely_usd',
  'estimate_high_usd',
];

/** The table of `gembatch cost --csv`, a record each, line ends included; `isWatched` as in `csvRecord`. */
export function costCsv({jobs}: CostReport, isWatched: boolean): readonly string[] {
  return [
    csvRecord(CSV_TITLES),
    ...jobs.map(({file, job, model, day, usage, cost_usd: cost, estimate_usd: estimate}) =>
      csvRecord(
        [
          file,
          job,
          model,
          day ?? undefined,
          usage?.rows,
          usage?.prompt_tokens ?? undefined,
          usage?.cached_tokens,
          usage?.thoughts_tokens,
          usage?.output_tokens ?? undefined,
          usage?.tool_use_tokens,
          usage?.search_queries,
          usage?.maps_prompts,
          cost ?? undefined,
          estimate?.low,
          estimate?.likely,
          estimate?.high,
        ],
        {isWatched},
      ),
    ),
  ];
}
