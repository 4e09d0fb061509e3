import {normaliseState} from '../domain/job-state.js';
import {badRowCount, jobOutcome} from '../domain/job-progress.js';
import type {JobRecord} from '../domain/job-record.js';
import type {PolledJob} from './poll-report.js';

/** A job as it is shown. */
export function polledJob(record: JobRecord, isReplaced: boolean): PolledJob {
  const {batch, results, results_error: resultsError} = record;
  const {model, stats, create_time: createTime, end_time: endTime, error} = batch;
  return {
    name: batch.name,
    file: record.input_file,
    ...(model === undefined ? {} : {model}),
    state: normaliseState(batch.state),
    outcome: jobOutcome(record),
    replaced: isReplaced,
    requests: record.count ?? stats?.request_count ?? null,
    ...(stats === undefined ? {} : {stats}),
    ...(createTime === undefined ? {} : {create_time: createTime}),
    ...(endTime === undefined ? {} : {end_time: endTime}),
    ...(error === undefined ? {} : {error}),
    ...(results === undefined ? {} : {results, bad_rows: badRowCount(results.rows)}),
    ...(resultsError === undefined ? {} : {results_error: resultsError}),
  };
}
