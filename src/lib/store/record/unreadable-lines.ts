import {GembatchError} from '../../domain/errors.js';
import {ownCommand} from '../../domain/program-name.js';
import type {LineProblem} from './stored-record.js';

/** How many lines a refusal names. */
const MOST_NAMED = 5;

/** What is certain where a command refuses to go on. */
export type Unharmed = 'Nothing was sent.' | 'Nothing was recorded.';

/**
 * Refuses to go on when a job-info file holds lines that are no job records: each may be the record of a job that was paid
 * for, and without it the same work would be paid for again.
 *
 * @param unharmed - undefined for a command that changes nothing anyway.
 * @throws GembatchError STORAGE that says, line by line, how to mend the file.
 */
export function refuseUnreadable(path: string, problems: readonly LineProblem[], unharmed?: Unharmed): void {
  if (problems.length === 0) return;
  const text = `${unreadable(path, problems)} Such a line may be a job that was paid for.`;
  throw unreadableError(unharmed === undefined ? text : `${text} ${unharmed}`, problems);
}

/**
 * Refuses to call a name unknown when the job-info file holds lines that are no job records: its job may be in one.
 *
 * @param near - names that are known, one of which may be meant.
 * @throws GembatchError as `refuseUnreadable`.
 */
export function refuseUnknown(
  path: string,
  problems: readonly LineProblem[],
  {name, near = []}: {readonly name: string; readonly near?: readonly string[]},
): void {
  if (problems.length === 0) return;
  const text = `${name} has no record that can be read, and ${unreadable(path, problems)} Its job may be in such a line.`;
  throw unreadableError(text, problems, near);
}

function unreadableError(
  message: string,
  problems: readonly LineProblem[],
  before: readonly string[] = [],
): GembatchError {
  const remedies = new Set(problems.slice(0, MOST_NAMED).map(({remedy}) => remedy));
  return new GembatchError('STORAGE', message, {
    suggestions: [...before, ...remedies, 'Then run the same command again.'],
    details: {line: problems[0]?.line ?? 1, problems: problems.length},
  });
}

/** What a person should know who is told only of the records that can be read. */
export function unreadableWarning(path: string, problems: readonly LineProblem[]): string {
  return `${unreadable(path, problems)} If such a line is a job, it is left out here.`;
}

function unreadable(path: string, problems: readonly LineProblem[]): string {
  const named = problems.slice(0, MOST_NAMED).map(({line, reason}) => `line ${line}: ${reason}`);
  const more = problems.length > named.length ? [`and ${problems.length - named.length} more lines`] : [];
  return `${path} cannot be read whole (${[...named, ...more].join('; ')}).`;
}

/** A line that can be read and is no record. */
export function oddLine(line: number, reason: string): LineProblem {
  return line === 1 && reason === 'it is not a JSON object'
    ? {line, reason: 'the file is a JSON array', remedy: JOIN_ARRAY}
    : {line, reason, remedy: `Correct line ${line}, or delete it if it is no job.`};
}

/** Comments and no record: some other file, named by mistake, which must not become a job-info file. */
export const ONLY_COMMENTS: LineProblem = {
  line: 1,
  reason: 'the file holds lines that begin with # and no job record',
  remedy:
    'Name another file with --job-info; it is made when it does not exist. Or empty this one, if it is a job-info file.',
};

const JOIN_ARRAY = 'Write one record on each line: jq -c ".[]" FILE > NEW_FILE';

/**
 * What is wrong with a line that is not JSON, and what a person can do about it.
 *
 * @param text - the line; its neighbours do not matter.
 * @param isLast - whether it is the last one and has no newline.
 */
export function problemOf(line: number, text: string, {isLast}: {isLast: boolean}): LineProblem {
  const trimmed = text.trim();
  if (trimmed.endsWith(',') && isJson(trimmed.slice(0, -1))) {
    return {line, reason: 'it ends with a comma', remedy: `Take away the comma at the end of line ${line}.`};
  }
  if (line === 1 && trimmed.startsWith('[')) {
    return {line, reason: 'the file is a JSON array', remedy: JOIN_ARRAY};
  }
  if (trimmed === '{' || trimmed === '[' || /^"[^"]*":/u.test(trimmed)) {
    return {
      line,
      reason: 'a record is spread over several lines',
      remedy: 'Write each record on one line: jq -c . FILE > NEW_FILE',
    };
  }
  if (isLast && trimmed.startsWith('{')) {
    return {
      line,
      reason: 'it is cut off',
      remedy: `Restore line ${line} from a backup or from version control; or delete it and record its job from the service's list: ${ownCommand('adopt --all-mine')}`,
    };
  }
  return {
    line,
    reason: 'it is not valid JSON',
    remedy: `Correct line ${line}, or delete it if it is no job.`,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
