import {GembatchError} from '../errors.js';
import {ownCommand} from '../program-name.js';
import type {JobRecord} from '../job/job-record.js';

/** Says that results would have to be here for what was asked, and how they are fetched. */
export function resultsLeftError(
  {input_file: file, results_left: place}: Pick<JobRecord, 'input_file' | 'results_left'>,
  what = '',
): GembatchError {
  return new GembatchError(
    'RESULTS_LEFT',
    `${file}: its results were left in ${place ?? 'a bucket'}.${what}`,
    {
      suggestions: [`Fetch them: ${ownCommand(`poll ${file} --results-dir FOLDER`)}`],
    },
  );
}
