/** The use case of `gembatch report`: what a page shows of batch jobs and their results. Sends nothing. */
import {basename} from 'node:path';
import {
  badRowsOf,
  goodRowsOf,
  isLeft,
  jobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {sumCostsOf, type CostInput, type JobCost} from '../cost/sum-costs.js';
import {lookAtResults, onDiskOf, resultsError} from '../job-states/result-files.js';
import {selectJobs} from '../job-states/select-jobs.js';
import {answerLengths, type LengthBin} from './answer-lengths.js';
import {attentionRows, type AttentionRow} from './attention-rows.js';

/** A batch job, as the page shows it. Times are ISO 8601; what is not known is null. */
export interface ReportJob {
  readonly file: string;
  readonly job: string;
  readonly model: string;
  readonly outcome: string;
  /** Whether a later job stands in its place. */
  readonly replaced: boolean;
  readonly created: string | null;
  /** When it began to run, as the service or the first look that found it running says. */
  readonly started: string | null;
  readonly ended: string | null;
  readonly requests: number | null;
  readonly ok: number | null;
  readonly bad: number | null;
  readonly input_tokens: number | null;
  readonly thoughts_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  readonly estimate_usd: {readonly low: number; readonly likely: number; readonly high: number} | null;
  /** The folder, `gs://…/`, that its results were left in. */
  readonly results_left: string | null;
  readonly reason: string | null;
}

/** Everything that the page shows. */
export interface ReportData {
  readonly made_at: string;
  readonly job_info: string;
  readonly jobs: readonly ReportJob[];
  /** null as soon as the cost of one job is not known. */
  readonly cost_usd: number | null;
  readonly cost_usd_known: number;
  readonly price_missing: readonly string[];
  readonly lengths: readonly LengthBin[];
  readonly rows: readonly AttentionRow[];
  /** Rows that need attention and are not among them. */
  readonly rows_left_out: number;
  /** Result files that could not be read, or are not what was fetched, and why. */
  readonly problems: readonly string[];
}

export interface ReportInput extends CostInput {
  readonly nowMs: number;
}

/**
 * Collects what is known of jobs and reads their results, one row at a time. Rows of an altered file are left out.
 *
 * @throws GembatchError `STORAGE`, `USAGE` when a name means no job, and the reason of the signal.
 */
export async function collectReport(store: JobStore, input: ReportInput): Promise<ReportData> {
  const all = store.read().records.map(({record}) => record);
  const records = selectJobs(store, all, input.names);
  const costs = await sumCostsOf(store, all, input);
  const costOf = new Map(costs.jobs.map((cost) => [cost.job, cost]));
  const onDisk = onDiskOf(await lookAtResults(store, records, {stop: input.signal}));
  const replaced = replacedJobs(all, onDisk);
  const current = records.filter(({batch}) => !replaced.has(batch.name));
  const problems = current.flatMap((record) => problemOf(resultsError(record, onDisk(record))));
  const readable = current.filter((record) => record.results !== undefined && onDisk(record) === 'intact');
  const lengths = await answerLengths(store, readable, {problems, signal: input.signal});
  const {rows, leftOut} = await attentionRows(store, readable, {problems, signal: input.signal});
  return {
    made_at: new Date(input.nowMs).toISOString(),
    job_info: basename(store.path),
    jobs: records.map((record) =>
      reportJob(record, {
        cost: costOf.get(record.batch.name),
        isReplaced: replaced.has(record.batch.name),
        onDisk: onDisk(record),
      }),
    ),
    cost_usd: costs.total.cost_usd,
    cost_usd_known: costs.total.cost_usd_known,
    price_missing: costs.total.price_missing,
    lengths,
    rows,
    rows_left_out: leftOut,
    problems,
  };
}

function problemOf(error: GembatchError | undefined): readonly string[] {
  return error === undefined ? [] : [[error.message, ...error.suggestions].join(' ')];
}

function reportJob(
  record: JobRecord,
  {cost, isReplaced, onDisk}: {cost: JobCost | undefined; isReplaced: boolean; onDisk: ResultsOnDisk},
): ReportJob {
  const {batch} = record;
  const results = onDisk === 'intact' ? record.results : undefined;
  const hasRows = results !== undefined || isLeft(record);
  const usage = cost?.usage;
  return {
    file: record.input_file,
    job: batch.name,
    model: cost?.model ?? 'unknown',
    outcome: jobOutcome(record, onDisk),
    replaced: isReplaced,
    created: batch.create_time ?? record.submitted_at ?? null,
    started: batch.start_time ?? record.running_seen_at ?? null,
    ended: batch.end_time ?? null,
    requests: record.count,
    ok: hasRows ? goodRowsOf(record) : null,
    bad: hasRows ? badRowsOf(record) : null,
    input_tokens: usage?.prompt_tokens ?? null,
    thoughts_tokens: usage?.thoughts_tokens ?? null,
    output_tokens: usage?.output_tokens ?? null,
    cost_usd: cost?.cost_usd ?? null,
    estimate_usd: cost?.estimate_usd ?? null,
    results_left: isLeft(record) ? record.results_left : null,
    reason: batch.error?.message ?? record.results_error?.message ?? null,
  };
}
