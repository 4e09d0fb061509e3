import {stat} from 'node:fs/promises';
import {addRanges, NOTHING, type Range} from '../../domain/estimate/range.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {mergeTargetOf} from '../../domain/job/replaced-jobs.js';
import type {JobRecord, JobUsage} from '../../domain/job/job-record.js';
import {serviceOfJob} from '../../domain/service/service-of.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import type {PriceList} from '../../domain/price/price-list.js';
import {costOfRecord, pricedDay} from '../../domain/price/record-cost.js';
import {addUsage, emptyTotal, type Usage} from '../../domain/price/usage.js';
import {addCosts, UsageSum} from '../../domain/price/usage-sum.js';
import type {JobStore} from '../../store/job-store.js';
import {estimateFiles} from '../estimate/estimate-files.js';
import {lookAtResults} from '../job-states/result-files.js';
import {selectJobs} from '../job-states/select-jobs.js';
import {readChunks} from '../request-file/read-chunks.js';

/** What one batch job used and cost. */
export interface JobCost {
  readonly file: string;
  /** The original request file: for a part the file that was split, for a retry the file of the first job. */
  readonly whole_file: string;
  readonly job: string;
  readonly model: string;
  /** The day, UTC, of its end, or on which its results were fetched or it was submitted; null when not recorded. */
  readonly day: string | null;
  /** null while the results are not here. */
  readonly usage: JobUsage | null;
  /** null when the usage or a price is not known. */
  readonly cost_usd: number | null;
  /** What it was estimated at when it was submitted; null when unknown. */
  readonly estimate_usd: Range | null;
}

/** The `--json` object of `gembatch cost`. */
export interface CostReport {
  readonly jobs: readonly JobCost[];
  readonly total: {
    readonly usage: TotalUsage;
    /** null as soon as the cost of one job is not known. */
    readonly cost_usd: number | null;
    readonly cost_usd_known: number;
    /** Models that answered and have no price. */
    readonly price_missing: readonly string[];
    /** Estimate of the jobs that have one. */
    readonly estimate_usd: Range | null;
  };
}

/** The sum of what jobs used. */
export interface TotalUsage extends Usage {
  readonly by_model_version: JobUsage['by_model_version'];
}

/** Which jobs to sum up, and prices for records without a cost of their own. */
export interface CostInput {
  /** Request files and batch jobs, as the person named them; none for all. */
  readonly names: readonly string[];
  readonly prices: PriceList;
  readonly signal: AbortSignal;
}

/**
 * Sums up what jobs used. Jobs that failed before any answer used nothing; those whose results are not here are unknown.
 *
 * @throws GembatchError `STORAGE`, `USAGE` when a name means no job.
 */
export async function sumCosts(store: JobStore, input: CostInput): Promise<CostReport> {
  const records = store.read().records.map(({record}) => record);
  return sumCostsOf(store, records, input);
}

/** `sumCosts` for a caller that has read the records already. */
export async function sumCostsOf(
  store: JobStore,
  records: readonly JobRecord[],
  input: CostInput,
): Promise<CostReport> {
  const byName = new Map(records.map((record) => [record.batch.name, record]));
  const merged = new Set(
    records.flatMap((record) => (record.merged_at ? (mergeTargetOf(record, byName)?.batch.name ?? []) : [])),
  );
  const jobs: JobCost[] = [];
  for (const record of selectJobs(store, records, input.names)) {
    const cost = await costOfJob(store, record, {...input, isMerged: merged.has(record.batch.name)});
    jobs.push({...cost, whole_file: wholeFileOf(record, byName)});
  }
  return {jobs, total: totalOf(jobs)};
}

function wholeFileOf(record: JobRecord, byName: ReadonlyMap<string, JobRecord>): string {
  let first = record;
  // A retry may name a job that is gone, or itself.
  for (const seen = new Set<JobRecord>(); !seen.has(first);) {
    seen.add(first);
    first = byName.get(first.retry_of ?? '') ?? first;
  }
  return first.part_of?.input_file ?? first.input_file;
}

/** What one job used and cost, or was estimated at. */
export async function costOfJob(
  store: JobStore,
  record: JobRecord,
  terms: CostInput & {isMerged: boolean},
): Promise<Omit<JobCost, 'whole_file'>> {
  const usage = await usageOf(store, record, terms);
  const model = record.requested_model ?? record.batch.model ?? 'unknown';
  return {
    file: record.input_file,
    job: record.batch.name,
    model: modelLabel(model),
    day: pricedDay(record) ?? record.submitted_at?.slice(0, 10) ?? null,
    usage,
    cost_usd: usage === null ? costOfRecord(record) : usage.cost_usd,
    estimate_usd: await estimateOf(store, record, {...terms, model}),
  };
}

/** The recorded usage. When a price was unknown at that time, the rows are counted again with the current price list. */
async function usageOf(
  store: JobStore,
  record: JobRecord,
  terms: CostInput & {isMerged: boolean},
): Promise<JobUsage | null> {
  const {usage} = record;
  if (usage !== undefined && usage.cost_usd !== null) return usage;
  return (await usageOfResults(store, record, terms)) ?? usage ?? null;
}

/** The usage in the rows of the result file; null when it also holds rows of retries, which have records of their own. */
async function usageOfResults(
  store: JobStore,
  record: JobRecord,
  {prices, isMerged, signal}: CostInput & {isMerged: boolean},
): Promise<JobUsage | null> {
  const {results} = record;
  if (results === undefined || isMerged) return null;
  const looks = await lookAtResults(store, [record], {stop: signal});
  if (looks.get(record.batch.name)?.state !== 'intact') return null;
  const sum = new UsageSum({
    prices,
    service: serviceOfJob(record.batch.name),
    day: pricedDay(record) ?? results.fetched_at.slice(0, 10),
    model: record.requested_model ?? record.batch.model,
  });
  try {
    for await (const chunk of readChunks(store.resolveInput(results.file))) {
      signal.throwIfAborted();
      sum.push(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return null; // The file is not here any more, or may not be read: its usage is unknown.
  }
  return sum.finish();
}

/** The recorded estimate. An older record has none: then the request file is estimated, if it still has the submitted size. */
async function estimateOf(
  store: JobStore,
  record: JobRecord,
  {prices, signal, model}: CostInput & {model: string},
): Promise<Range | null> {
  if (record.estimate !== undefined) return record.estimate.cost_usd ?? null;
  if (isCloudAddress(record.input_file)) return null;
  const path = store.resolveInput(record.input_file);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => undefined,
  );
  const submittedMs = Date.parse(record.submitted_at ?? '');
  if (size === undefined || size !== record.size_bytes || Number.isNaN(submittedMs)) return null;
  const {files} = await estimateFiles({
    files: [{path, name: record.input_file}],
    model,
    service: serviceOfJob(record.batch.name),
    prices,
    records: [],
    nowMs: submittedMs,
    signal,
  });
  return files[0]?.cost_usd ?? null;
}

function totalOf(jobs: readonly JobCost[]): CostReport['total'] {
  const estimates = jobs.map(({estimate_usd: estimate}) => estimate).filter((estimate) => estimate !== null);
  return {
    usage: totalUsage(jobs.flatMap(({usage}) => usage ?? [])),
    cost_usd: jobs.map(({cost_usd: cost}) => cost).reduce(addCosts, 0),
    cost_usd_known: jobs.reduce((sum, {cost_usd: cost}) => sum + (cost ?? 0), 0),
    price_missing: [...new Set(jobs.flatMap(unpriced))],
    estimate_usd: estimates.length === 0 ? null : estimates.reduce(addRanges, NOTHING),
  };
}

function totalUsage(usages: readonly JobUsage[]): TotalUsage {
  const versions = new Map<string, {rows: number; cost_usd: number | null}>();
  for (const [version, {rows, cost_usd: cost}] of usages.flatMap((usage) =>
    Object.entries(usage.by_model_version),
  )) {
    const sum = versions.get(version) ?? {rows: 0, cost_usd: 0};
    versions.set(version, {rows: sum.rows + rows, cost_usd: addCosts(sum.cost_usd, cost)});
  }
  const total = emptyTotal();
  for (const usage of usages) addUsage(total, usage);
  return {
    ...total,
    by_model_version: Object.fromEntries(versions),
  };
}

function unpriced({usage}: JobCost): readonly string[] {
  return Object.entries(usage?.by_model_version ?? {}).flatMap(([model, {cost_usd: cost}]) =>
    cost === null ? [model] : [],
  );
}
