import {withoutName} from './text/item-message.js';
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

/** What became of each job that was to be adopted; with `isListed`, the jobs that no record knows. */
export function adoptLines({jobs}: AdoptResult, {isListed}: {isListed: boolean}): readonly string[] {
  const adopted = jobs.filter(({outcome}) => outcome === 'adopted').length;
  const lines = jobs.flatMap(({job, outcome, file = '', request_file: requestFile, state = '', error}) => {
    if (error !== undefined)
      return [
        `${printable(file || job)}: not adopted: ${printable(withoutName(error.message, file || job))}`,
        ...error.suggestions.map((suggestion) => `  ${printable(suggestion)}`),
      ];
    const name = `${printable(job)} (${printable(stateLabel(state))}): ${printable(file)}`;
    if (outcome === 'not_recorded') return name;
    if (outcome === 'known') return `${name}: already recorded`;
    return `${name}: adopted${requestFile === undefined ? '' : `; ${REQUEST_FILE_WORDS[requestFile]}`}`;
  });
  if (isListed) return notRecordedLines(lines);
  return [
    ...lines,
    `${plural(adopted, 'job')} adopted.`,
    ...(adopted > 0 ? [`Next: ${ownCommand('poll')}`] : []),
  ];
}

function notRecordedLines(jobs: readonly string[]): readonly string[] {
  if (jobs.length === 0) return ['The service has no batch job that is not recorded here.'];
  return [
    ...jobs,
    `${plural(jobs.length, 'job')} at the service ${jobs.length === 1 ? 'is' : 'are'} not recorded here. Nothing was recorded now.`,
    `To record those that gembatch made: ${ownCommand('adopt --all-mine')}; any other: ${ownCommand('adopt JOB --file FILE')}`,
  ];
}
