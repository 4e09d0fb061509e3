import {GembatchError} from '../errors.js';
import {ownCommand} from '../program-name.js';
import {shellWord} from '../text/shell-word.js';
import type {JobRecord} from './job-record.js';

/** As many files are named in one command. */
const MOST_NAMED = 3;

/** What is said of results that can be had neither here nor at the service: the same in every command. */
export function lostError(record: JobRecord): GembatchError {
  const {input_file: file, results} = record;
  return new GembatchError('NOT_FOUND', `${file}: its results are lost: ${whereTheyWere(record)}.`, {
    suggestions: [
      ...(results === undefined ? [] : [`If you have a copy of ${results.file}, put it back.`]),
      payAgainAdvice([file]),
    ],
  });
}

/**
 * The one way out for results that are lost.
 *
 * @param files - `input_file` of the jobs.
 */
export function payAgainAdvice(files: readonly string[]): string {
  const named = files.slice(0, MOST_NAMED).map(shellWord).join(' ');
  const more = files.length > MOST_NAMED ? ' …' : '';
  return `To pay for the work again: ${ownCommand(`retry --lost ${named}${more}`)}`;
}

function whereTheyWere({results, remote_deleted_at: deletedAt}: JobRecord): string {
  const remote =
    deletedAt === undefined
      ? 'the service does not have them any more'
      : `the service's copy was deleted at ${deletedAt.replace(/\.\d+Z$/u, 'Z')}`;
  return results === undefined ? remote : `${results.file} is gone, and ${remote}`;
}
