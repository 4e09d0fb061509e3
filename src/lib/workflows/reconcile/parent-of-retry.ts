import {basename, dirname, join} from 'node:path/posix';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobRecord} from '../../domain/job/job-record.js';

/** The folder beside request files in which the requests that are sent again are. */
export const RETRIES_FOLDER = 'retries';
/** As many characters of a job's id stand in the name of the request file that retries it. */
const SHORT_ID_LENGTH = 8;

/** Whether a request file holds requests that are sent again, so that its answers are merged into results on disk. */
export function isRetryFile(inputFile: string): boolean {
  return !isCloudAddress(inputFile) && basename(dirname(inputFile)) === RETRIES_FOLDER;
}

/**
 * The job that a request file submits again, told by its name, which has the head of the job's id, and by its folder. The
 * name may be anybody's words: it leads nowhere but to the folder of retries of that job.
 *
 * @param inputFile - of the retry, with `/`.
 * @param jobs - in the order in which they were recorded; of several that fit the last one counts.
 */
export function parentOfRetry<T extends ParentJob>(inputFile: string, jobs: Iterable<T>): T | undefined {
  const folder = dirname(inputFile);
  if (!isRetryFile(inputFile)) return undefined;
  const parts = new Set(basename(inputFile).split('.').slice(1));
  return [...jobs].findLast(
    (job) => parts.has(shortId(job.batch.name)) && retriesFolderOf(job.input_file) === folder,
  );
}

/** What tells whether a job is retried by a file. */
export type ParentJob = Pick<JobRecord, 'input_file'> & {readonly batch: Pick<JobRecord['batch'], 'name'>};

/** All retries of one request file are in one folder, also those of retries. */
function retriesFolderOf(inputFile: string): string {
  // Those of what is in a bucket are beside the job-info file.
  if (isCloudAddress(inputFile)) return RETRIES_FOLDER;
  const folder = dirname(inputFile);
  return basename(folder) === RETRIES_FOLDER ? folder : join(folder, RETRIES_FOLDER);
}

/** The part of a job's id by which the request files that retry it are named. */
export function shortId(job: string): string {
  return job
    .slice(job.lastIndexOf('/') + 1)
    .replaceAll(/[^\w-]/gu, '_')
    .slice(0, SHORT_ID_LENGTH);
}
