import {stateLabel} from '../domain/job/job-state.js';
import type {AdoptResult} from '../workflows/adopt/adopt-jobs.js';
import {plural} from './text/format.js';
import {printable} from './terminal/printable.js';
import {ownCommand} from '../domain/program-name.js';

const REQUEST_FILE_WORDS = {
  matched: 'its request file is unchanged',
  named: 'matched to the request file of that name',
  changed: 'its request file has changed since',
  missing: 'its request file is not here',
} as const;

/** What became of each job that was to be adopted. */
export function adoptLines({jobs}: AdoptResult): readonly string[] {
  const adopted = jobs.filter(({outcome}) => outcome === 'adopted').length;
  const lines = jobs.map(({job, outcome, file = '', request_file: requestFile, state = '', error}) => {
    if (error !== undefined) return `${printable(job)}: not adopted: ${printable(error.message)}`;
    const name = `${printable(job)} (${printable(stateLabel(state))}): ${printable(file)}`;
    if (outcome === 'known') return `${name}: recorded already`;
    return `${name}: adopted${requestFile === undefined ? '' : `; ${REQUEST_FILE_WORDS[requestFile]}`}`;
  });
  return [
    ...lines,
    `${plural(adopted, 'job')} adopted.`,
    ...(adopted > 0 ? [`Next: ${ownCommand('poll')}`] : []),
  ];
}
