import {normaliseState} from '../../domain/job/job-state.js';
import {
  badRowCount,
  badRowsOf,
  isLeft,
  jobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {costOfRecord} from '../../domain/price/record-cost.js';
import type {PolledJob} from './poll-report.js';

type Draft = {-readonly [K in keyof PolledJob]: PolledJob[K]};

/** A job as it is shown. */
export function polledJob(
  record: JobRecord,
  {isReplaced = false, onDisk = 'intact'}: {isReplaced?: boolean; onDisk?: ResultsOnDisk},
): PolledJob {
  const {batch, results, results_error: resultsError} = record;
  const {model, stats, create_time: createTime, end_time: endTime, error} = batch;
  const job: Draft = {
    name: batch.name,
    file: record.input_file,
    state: normaliseState(batch.state),
    outcome: jobOutcome(record, onDisk),
    replaced: isReplaced,
    requests: record.count ?? stats?.request_count ?? null,
  };
  // One by one: of 100,000 jobs, spreading what is there would take as long as reading them.
  if (model !== undefined) job.model = model;
  if (record.part_of !== undefined) job.part_of = record.part_of;
  if (stats !== undefined) job.stats = stats;
  if (createTime !== undefined) job.create_time = createTime;
  if (endTime !== undefined) job.end_time = endTime;
  if (error !== undefined) job.error = error;
  if (resultsError !== undefined) job.results_error = resultsError;
  const cost = costOfRecord(record);
  if (cost !== null) job.cost_usd = cost;
  if (record.estimate?.cost_usd !== undefined) job.estimate_usd = record.estimate.cost_usd.likely;
  if (record.results_left !== undefined) job.results_left = record.results_left;
  if (isLeft(record) && onDisk !== 'missing') {
    job.left = record.left;
    job.bad_rows = badRowsOf(record);
  }
  if (results === undefined || onDisk === 'missing') return job;
  return {...job, results, bad_rows: badRowCount(results.rows)};
}
