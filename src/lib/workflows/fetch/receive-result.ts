/** Downloads a result file, as often as the transfer breaks, and checks it on the way. */
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {PollPace} from '../../domain/job/poll-pace.js';
import {maxResultBytes} from '../../domain/result/result-limits.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {ResultIntake, type ReadResult} from './result-intake.js';

/** The longest pause before a broken download goes on starts here and doubles. */
const FIRST_PAUSE_MS = 5_000;

/** How to receive a result file. */
export interface ReceiveOptions {
  /** Goes on where the transfer broke, for as long as it takes; otherwise the first trouble is thrown. */
  readonly isRetried: boolean;
  /** Whether answers are checked against what their requests ask for; true when absent. */
  readonly checksAnswers?: boolean;
  readonly stop: AbortSignal;
}

/**
 * Appends the results of a job to a file that is not in place yet.
 *
 * @throws GembatchError what the download says, `STORAGE`, and `INTERRUPTED` when told to stop.
 */
export async function receiveResult(
  deps: PollDeps,
  {record, resultFileName, file}: {record: JobRecord; resultFileName: string; file: AtomicFile},
  options: ReceiveOptions,
): Promise<ReadResult> {
  const intake = await ResultIntake.open(deps, record, options.checksAnswers);
  const take = async (chunk: Uint8Array): Promise<void> => {
    intake.push(chunk);
    await file.append(chunk);
    deps.report({type: 'download', name: record.batch.name, bytes: file.sizeBytes});
  };
  const maxBytes = maxResultBytes(intake.requests);
  await download(deps, {record, resultFileName, file, maxBytes, take}, options);
  await file.finish();
  return intake.finish(file.temporaryPath);
}

interface Transfer {
  readonly record: JobRecord;
  readonly resultFileName: string;
  readonly file: AtomicFile;
  /** The most that the file may have. */
  readonly maxBytes: number;
  readonly take: (chunk: Uint8Array) => Promise<void>;
}

/** Goes on from the last byte that is in the file, as often as the transfer breaks. */
async function download(
  {client, clock, report}: PollDeps,
  {record, resultFileName, file, maxBytes, take}: Transfer,
  {isRetried, stop}: ReceiveOptions,
): Promise<void> {
  const pace = new PollPace(FIRST_PAUSE_MS);
  const onWait = ({reason, delayMs}: {reason: string; delayMs: number}): void =>
    report({type: 'wait', name: record.batch.name, file: record.input_file, reason, delayMs});
  for (;;) {
    const startBytes = file.sizeBytes;
    try {
      const chunks = client.download(resultFileName, {
        fromByte: startBytes,
        maxBytes,
        signal: stop,
        onWait,
      });
      for await (const chunk of chunks) await take(chunk);
      return;
    } catch (error) {
      if (!isWorthAnotherTry(error) || !isRetried || stop.aborted) throw error;
      if (file.sizeBytes > startBytes) pace.afterAnswer(true);
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
