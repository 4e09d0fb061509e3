import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {ownCommand} from '../../domain/program-name.js';
import {shellWord} from '../../domain/text/shell-word.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {FetchDeps, FetchOptions} from './fetch-options.js';
import {contradictionOf} from './job-counts.js';
import {openTarget} from './place/open-target.js';
import {receiveResult} from './receive-result.js';
import type {ReadResult} from './result-intake.js';

/** Of results that cannot be believed, one after the other; then they are left for later. */
const MOST_DOWNLOADS = 3;

/** A file that has arrived and is not in place yet. */
export interface Arrival {
  readonly file: AtomicFile;
  /** Whether its target is the file with the results that were fetched before. */
  readonly isOwn: boolean;
  readonly received: ReadResult;
}

/**
 * Downloads the results. Something on the way, such as a proxy, may answer in place of the service: a body without one
 * row for a request of this job is no result. One that contradicts what the job itself counts, or has lines that are no rows, may be cut,
 * spoilt or another one, and is asked for again; when it is the same each time, it is what the service has.
 *
 * @throws GembatchError `SERVICE` when no body is to be believed.
 */
export async function receive(deps: FetchDeps, record: JobRecord, options: FetchOptions): Promise<Arrival> {
  const resultFileName = record.batch.dest?.file_name;
  if (resultFileName === undefined) throw new TypeError(`${record.batch.name} has no results`);
  const doubted = new Set<string>();
  for (let tries = 1; ; tries += 1) {
    const target = await openTarget(deps, record, options);
    const {file} = target;
    try {
      const received = await deps.limiters.downloads(() =>
        receiveResult(deps, {record, resultFileName, file}, options),
      );
      if (received.ownRows > 0 && contradictionOf(record, received) === undefined)
        return {...target, received};
      doubted.add(received.sha256);
      if (tries === MOST_DOWNLOADS) {
        if (received.ownRows > 0 && doubted.size === 1) return {...target, received};
        throw unbelievable(record, received.ownRows > 0 ? 'differs each time' : 'are no results');
      }
    } catch (error) {
      await file.discard();
      throw withNextSteps(record, error);
    }
    await file.discard();
  }
}

/** Says of a download that the service refuses what is safe and what to run; any other error stays as it is. */
function withNextSteps({input_file: file}: JobRecord, error: unknown): unknown {
  if (!(error instanceof GembatchError)) return error;
  const {code, message, details, cause} = error;
  const next = nextSteps(shellWord(file), error);
  if (next === undefined) return error;
  const safe = 'Nothing was written, and nothing was deleted at the service.';
  return new GembatchError(code, message, {details, cause, suggestions: [safe, ...next]});
}

function nextSteps(file: string, {code, suggestions}: GembatchError): readonly string[] | undefined {
  if (code === 'REFUSED')
    return [...suggestions, `Or fetch the results alone: ${ownCommand(`results ${file}`)}`];
  if (code !== 'NOT_FOUND') return undefined;
  return [
    'Use the API key that the file was submitted with; another one does not find the results.',
    `If they are not found for ten minutes, they count as lost. Try again until then: ${ownCommand(`poll ${file}`)}`,
  ];
}

function unbelievable({input_file: file}: JobRecord, what: string): GembatchError {
  return new GembatchError(
    'SERVICE',
    `${file}: what the service, or a proxy on the way to it, sends as the results ${what}. Nothing was written, nothing was deleted.`,
    {
      details: {malformed: true},
      suggestions: [
        `Check the network and run again: ${ownCommand(`poll ${file}`)}. Do not submit the file again: its job is paid for.`,
      ],
    },
  );
}
