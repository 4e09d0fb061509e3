import {inOrderOfCreation} from '../../../domain/job/creation-order.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {mergeTargetOf} from '../../../domain/job/replaced-jobs.js';
import type {JobStore} from '../../../store/job-store.js';
import {joinedJob} from '../../split/joined-job.js';
import {namesFile} from './file-name.js';
import type {RecordsByName} from './records-by-name.js';

/** The other jobs of a request file whose results are answers of their own to it, by the time of their creation. */
export interface JobsOfInput {
  /** Parts that are joined are one of them. */
  readonly older: readonly JobRecord[];
  readonly newer: readonly JobRecord[];
  /** Whether the file was submitted in parts since, whose results are joined. */
  readonly isJoinedSince: boolean;
}

const NONE: JobsOfInput = {older: [], newer: [], isJoinedSince: false};

/**
 * Whether a job was created before or after the others of its request file. A retry that is merged into another's results is
 * none. The first of its parts stands for all of them.
 */
export function jobsOfInput(
  record: JobRecord,
  {store, records}: {readonly store: Pick<JobStore, 'resolveInput'>; readonly records: RecordsByName},
): JobsOfInput {
  const isMerged = (job: JobRecord): boolean => mergeTargetOf(job, records) !== undefined;
  if (!namesFile(record.input_file) || isMerged(record)) return NONE;
  const input = store.resolveInput(record.input_file);
  const isWhole = (job: JobRecord): boolean => store.resolveInput(job.input_file) === input;
  const isPart = ({part_of: part}: JobRecord): boolean =>
    part?.index === 1 && store.resolveInput(part.input_file) === input;
  const jobs = records
    .withInput(record.input_file)
    .filter((job) => (isWhole(job) && !isMerged(job)) || isPart(job));
  const {name} = record.batch;
  const ordered = inOrderOfCreation(jobs);
  const at = ordered.findIndex(({batch}) => batch.name === name);
  const others = (from: number, to?: number): readonly JobRecord[] =>
    ordered.slice(from, to).filter((job) => job.batch.name !== name);
  const after = at < 0 ? [] : others(at + 1);
  return {
    older: others(0, at < 0 ? undefined : at).flatMap((job) => (isWhole(job) ? job : (joinedJob(job) ?? []))),
    newer: after.filter(isWhole),
    isJoinedSince: after.some((job) => isPart(job) && job.joined !== undefined),
  };
}

/** Where jobs have their results, as recorded; by batch name. */
export function recordedPlaces(jobs: readonly JobRecord[]): ReadonlyMap<string, string | undefined> {
  return new Map(jobs.map(({batch, results}) => [batch.name, results?.file]));
}
