import {basename, dirname} from 'node:path/posix';

/** The folder beside request files in which the requests that are sent again are. */
export const RETRIES_FOLDER = 'retries';
/** As many characters of a job's id stand in the name of the request file that retries it. */
const SHORT_ID_LENGTH = 8;

/**
 * The job that a request file submits again, told by its name, which has the head of the job's id.
 *
 * @param inputFile - of the retry, with `/`.
 * @param jobs - batch names, in the order in which they were recorded; of several that fit the last one counts.
 */
export function parentOfRetry(inputFile: string, jobs: readonly string[]): string | undefined {
  if (basename(dirname(inputFile)) !== RETRIES_FOLDER) return undefined;
  const parts = new Set(basename(inputFile).split('.').slice(1));
  return jobs.findLast((job) => parts.has(shortId(job)));
}

/** The part of a job's id by which the request files that retry it are named. */
export function shortId(job: string): string {
  return job
    .slice(job.lastIndexOf('/') + 1)
    .replaceAll(/[^\w-]/gu, '_')
    .slice(0, SHORT_ID_LENGTH);
}
