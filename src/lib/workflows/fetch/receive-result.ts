/** Downloads a result file, as often as the transfer breaks, and checks it on the way. */
import {createHash} from 'node:crypto';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {PollPace} from '../../domain/job/poll-pace.js';
import {maxResultBytes} from '../../domain/result/result-limits.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {FileIntake} from './intake/file-intake.js';
import {intakeTerms, type ReadResult} from './result-intake.js';

/** The longest pause before a broken download goes on starts here and doubles. */
const FIRST_PAUSE_MS = 5_000;

/** How to receive a result file. */
export interface ReceiveOptions {
  /** Goes on where the transfer broke, for as long as it takes; otherwise the first error is thrown. */
  readonly isRetried: boolean;
  /** Whether answers are checked against what their requests ask for; true when absent. */
  readonly checksAnswers?: boolean;
  readonly stop: AbortSignal;
}

/**
 * Appends the results of a job to a file that is not in place yet: on from the last byte that is there, as often as the
 * transfer breaks.
 *
 * @throws GembatchError what the download says, `STORAGE`, and `INTERRUPTED` when it is stopped.
 */
export async function receiveResult(
  deps: PollDeps,
  {record, resultFileName, file}: {record: JobRecord; resultFileName: string; file: AtomicFile},
  options: ReceiveOptions,
): Promise<ReadResult> {
  const {checksAnswers = true, stop} = options;
  const terms = intakeTerms(deps, record, checksAnswers);
  const intake = new FileIntake(file, terms, stop);
  try {
    const maxBytes = maxResultBytes(terms.requests.expectedCount);
    const sha256 = await download(deps, {record, resultFileName, file, intake, maxBytes}, options);
    await file.endWriting();
    const durable = file.finish();
    durable.catch(() => undefined); // It is waited for below, unless the check fails.
    const rows = await intake.finish();
    await durable;
    return {...rows, sizeBytes: file.sizeBytes, sha256};
  } finally {
    await intake.close();
  }
}

/** What is downloaded, and where to. */
interface Download {
  readonly record: JobRecord;
  readonly resultFileName: string;
  readonly file: AtomicFile;
  /** Checks the file as it grows. */
  readonly intake: FileIntake;
  readonly maxBytes: number;
}

/** @returns the SHA-256 of the file. */
async function download(
  {client, clock, report}: PollDeps,
  {record, resultFileName, file, intake, maxBytes}: Download,
  {isRetried, stop}: ReceiveOptions,
): Promise<string> {
  const {name} = record.batch;
  const hash = createHash('sha256');
  const pace = new PollPace(FIRST_PAUSE_MS);
  const onWait = ({reason, delayMs}: {reason: string; delayMs: number}): void =>
    report({type: 'wait', name, file: record.input_file, reason, delayMs});
  for (;;) {
    const fromByte = file.sizeBytes;
    try {
      for await (const chunk of client.download(resultFileName, {fromByte, maxBytes, signal: stop, onWait})) {
        hash.update(chunk);
        await file.append(chunk);
        await intake.follow();
        report({type: 'download', name, bytes: file.sizeBytes});
      }
      return hash.digest('hex');
    } catch (error) {
      if (!isWorthAnotherTry(error) || !isRetried || stop.aborted) throw error;
      if (file.sizeBytes > fromByte) pace.afterAnswer(true);
      const delayMs = pace.afterError();
      onWait({reason: error.message, delayMs});
      await clock.sleep(delayMs, stop);
    }
  }
}

/** What cannot be understood stays so: to go on from there would not mend it. */
function isWorthAnotherTry(error: unknown): error is GembatchError {
  if (!(error instanceof GembatchError) || error.details['malformed'] === true) return false;
  return error.code === 'SERVICE' || error.code === 'QUOTA';
}
