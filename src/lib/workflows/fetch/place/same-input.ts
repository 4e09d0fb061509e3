import {inOrderOfCreation} from '../../../domain/job/creation-order.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {mergeTargetOf} from '../../../domain/job/replaced-jobs.js';
import type {JobStore} from '../../../store/job-store.js';
import {namesFile} from './file-name.js';
import type {RecordsByName} from './records-by-name.js';

/** The other jobs of a request file whose results are answers of their own to it, by the time of their creation. */
export interface JobsOfInput {
  readonly older: readonly JobRecord[];
  readonly newer: readonly JobRecord[];
}

/** Whether a job was created before or after the others of its request file. A retry that is merged into another's results is none. */
export function jobsOfInput(
  record: JobRecord,
  {store, records}: {readonly store: Pick<JobStore, 'resolveInput'>; readonly records: RecordsByName},
): JobsOfInput {
  const isMerged = (job: JobRecord): boolean => mergeTargetOf(job, records) !== undefined;
  if (!namesFile(record.input_file) || isMerged(record)) return {older: [], newer: []};
  const input = store.resolveInput(record.input_file);
  const {name} = record.batch;
  const jobs = records
    .withInput(record.input_file)
    .filter((job) => store.resolveInput(job.input_file) === input && !isMerged(job));
  const ordered = inOrderOfCreation(jobs);
  const at = ordered.findIndex(({batch}) => batch.name === name);
  return at < 0
    ? {older: ordered, newer: []}
    : {
        older: ordered.slice(0, at).filter(({batch}) => batch.name !== name),
        newer: ordered.slice(at + 1).filter(({batch}) => batch.name !== name),
      };
}
