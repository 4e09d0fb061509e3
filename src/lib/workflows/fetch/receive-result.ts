/**
 * Downloads a result file and checks it on the way: each byte is counted, hashed and read for rows as it passes, so that
 * nothing is read twice and memory stays flat however large the file is.
 */
import {createHash} from 'node:crypto';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord, JobUsage, RowCounts} from '../../domain/job/job-record.js';
import {pricedDay} from '../../domain/price/record-cost.js';
import {UsageSum} from '../../domain/price/usage-sum.js';
import {PollPace} from '../../domain/job/poll-pace.js';
import {ResultChecker} from '../../domain/result/result-file.js';
import {maxResultBytes} from '../../domain/result/result-limits.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {countIdentical} from './count-identical.js';
import {readRequestKeys, type RequestKeys, type RequestsState} from '../request-file/read-request-keys.js';

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

/** What is known of a result file that has arrived whole. */
export interface ReceivedResult {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly rows: RowCounts;
  /** What the rows used and cost. */
  readonly usage: JobUsage;
  /** Requests of the job; null when nobody knows. */
  readonly requests: number | null;
  /** Lines of the file that are result rows, whatever request they are for. */
  readonly resultRows: number;
  /** Whether there is a row for every request. */
  readonly isComplete: boolean;
  readonly requestsState: RequestsState;
  /** What could not be checked and why, one sentence each. */
  readonly notes: readonly string[];
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
): Promise<ReceivedResult> {
  const requests = await requestKeysOf(deps, record, options.checksAnswers);
  const usage = new UsageSum({
    prices: deps.prices,
    service: 'gemini',
    day: pricedDay(record) ?? new Date(deps.clock.now()).toISOString().slice(0, 10),
    model: record.requested_model ?? record.batch.model,
  });
  const checker = new ResultChecker(requests, {
    onRow: (bytes, row, answer) => usage.addRow(bytes, row, answer),
    onTooLong: () => usage.addUnreadRow(),
  });
  const hash = createHash('sha256');
  const take = async (chunk: Uint8Array): Promise<void> => {
    checker.push(chunk);
    hash.update(chunk);
    await file.append(chunk);
    deps.report({type: 'download', name: record.batch.name, bytes: file.sizeBytes});
  };
  const maxBytes = maxResultBytes(requests.count);
  await download(deps, {record, resultFileName, file, maxBytes, take}, options);
  const {counts, rows, answered, repeatedKeys} = checker.finish();
  await file.finish();
  const identical = await countIdentical(file.temporaryPath, repeatedKeys);
  return {
    sizeBytes: file.sizeBytes,
    sha256: hash.digest('hex'),
    rows: {...counts, repeated: counts.repeated - identical},
    usage: usage.finish(),
    requests: requests.count,
    resultRows: rows - counts.malformed,
    isComplete: requests.count === answered && counts.malformed === 0,
    requestsState: requests.state,
    notes: requests.notes,
  };
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

/** A request file that cannot be read is no reason to leave the results at the service. */
async function requestKeysOf(
  {store}: PollDeps,
  record: JobRecord,
  checksAnswers = true,
): Promise<RequestKeys> {
  const requestPath = store.resolveInput(record.input_file);
  const recorded = {requestSha256: record.sha256 ?? null, expectedCount: record.count, checksAnswers};
  try {
    return await readRequestKeys({...recorded, requestPath});
  } catch (error) {
    const without = await readRequestKeys({...recorded, requestPath: null});
    const why = error instanceof Error ? error.message : String(error);
    return {...without, notes: [...without.notes, `${requestPath} cannot be read: ${why}`]};
  }
}
