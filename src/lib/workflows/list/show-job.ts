import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {polledJob} from '../poll/polled-job.js';
import {lookAtResults, onDiskOf} from '../job-states/result-files.js';
import {selectJobs} from '../job-states/select-jobs.js';
import type {PolledJob} from '../poll/poll-report.js';

/** A job with all that its record says. */
export interface ShownJob {
  readonly job: PolledJob;
  readonly record: JobRecord;
  /** The jobs that retry it. */
  readonly retried_by: readonly string[];
}

/** The `--json` object of `gembatch show`. */
export interface ShownJobs {
  readonly job_info: string;
  /** All jobs that the name means, the newest first. */
  readonly jobs: readonly ShownJob[];
  /** Creates for the file whose outcome is unknown. */
  readonly open_intents: readonly Intent[];
}

/**
 * All that is known of one request file or batch job.
 *
 * @param name - a request file in any spelling, or a batch job with or without `batches/`.
 * @throws GembatchError `USAGE` when nothing of that name is recorded, `STORAGE`, and the reason of `stop`.
 */
export async function showJob(store: JobStore, name: string, stop: AbortSignal): Promise<ShownJobs> {
  const {records, openIntents} = store.read();
  const all = records.map(({record}) => record);
  const intents = openIntents.filter(({input_file: file}) => file === name || file === store.inputName(name));
  const chosen =
    intents.length > 0
      ? all.filter(({input_file: file}) => file === store.inputName(name))
      : selectJobs(store, all, [name]);
  const onDisk = onDiskOf(await lookAtResults(store, chosen, {stop}));
  const replaced = replacedJobs(all, onDisk);
  return {
    job_info: store.path,
    jobs: chosen.toReversed().map((record) => ({
      job: polledJob(record, {
        isReplaced: replaced.has(record.batch.name),
        onDisk: onDisk(record),
      }),
      record,
      retried_by: all
        .filter(({retry_of: parent}) => parent === record.batch.name)
        .map(({batch}) => batch.name),
    })),
    open_intents: intents,
  };
}
