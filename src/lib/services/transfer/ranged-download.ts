/**
 * Reads a file of the service as a stream of bytes that survives broken connections: what is missing is asked for by
 * range, from the byte where the last connection broke off. Where the service knows no ranges it is read again from the
 * start, without what was delivered before.
 */
import type {GembatchError} from '../../domain/errors.js';
import {refuseCompressed, type HttpAnswer, type HttpRequest} from '../http/http-client.js';
import type {DownloadOptions} from '../batch-service.js';
import {RetryBudget, throwIfAborted} from '../http/retry-budget.js';
import {
  brokenTransferError,
  malformedReplyError,
  replyError,
  type CallIdentity,
} from '../http/service-error.js';
import type {Transport} from './transfer-context.js';
import {TransferPace} from './transfer-pace.js';

/** A file at a service. */
export interface RemoteSource {
  readonly call: CallIdentity;
  /** Where its bytes are. */
  readonly url: URL;
  /** By which the caller identifies itself. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
}

/** What is being read, and how far it is. */
interface Reading {
  readonly source: RemoteSource;
  readonly call: CallIdentity;
  readonly context: Transport;
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
  /** The next byte to deliver. */
  position: number;
  /** Of the whole file, once the service has said it. */
  totalBytes: number | undefined;
}

/** An answer with bytes of the file. */
interface Part {
  readonly answer: HttpAnswer;
  /** Bytes at its start that were delivered before. */
  readonly skipBytes: number;
}

/**
 * Yields the bytes of a file at the service, each once and in order.
 *
 * @throws GembatchError `NOT_FOUND`, `KEY_REFUSED`, `REFUSED`, `SERVICE`, `INTERRUPTED`.
 */
export async function* rangedDownload(
  source: RemoteSource,
  context: Transport,
  options: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const {call} = source;
  const retries = new RetryBudget(context, options);
  const {signal, fromByte = 0, maxBytes = Infinity} = options;
  const start = {position: fromByte, totalBytes: undefined};
  const reading: Reading = {source, call, context, signal, maxBytes, ...start};
  const pace = new TransferPace(context.silenceMs);

  for (;;) {
    try {
      const part = await openPart(reading);
      if (part === undefined) return;
      let {skipBytes} = part;
      let askedMs = performance.now();
      for await (const chunk of part.answer.body) {
        if (!Buffer.isBuffer(chunk)) continue;
        const bytes = chunk.subarray(Math.min(skipBytes, chunk.length));
        skipBytes -= chunk.length - bytes.length;
        const movement = pace.judge(chunk.length, performance.now() - askedMs);
        if (movement === 'stands still') throw brokenTransferError(call.name, 'it hardly moves');
        if (movement === 'moves' && bytes.length > 0) retries.progressed();
        reading.position += bytes.length;
        checkLimit(reading, reading.position);
        if (bytes.length > 0) yield bytes;
        askedMs = performance.now();
      }
      checkEnd(reading, skipBytes);
      return;
    } catch (error) {
      throwIfAborted(signal);
      await retries.waitAfter(context.http.failure(connectionOf(reading), error));
    }
  }
}

/** @throws GembatchError `SERVICE` when bytes are missing, as far as that can be told. */
function checkEnd({call, position, totalBytes}: Reading, skipBytes: number): void {
  if (totalBytes !== undefined && position > totalBytes)
    throw malformedReplyError(call.name, `it has ${position} bytes in place of ${totalBytes}`);
  if (skipBytes > 0 || (totalBytes !== undefined && position < totalBytes))
    throw brokenTransferError(call.name, `${position - skipBytes} of ${totalBytes ?? position} bytes`);
}

/** @throws GembatchError `SERVICE` when the file is larger than it may be. */
function checkLimit({call, maxBytes}: Reading, sizeBytes: number): void {
  if (sizeBytes > maxBytes)
    throw malformedReplyError(
      call.name,
      `it has more than ${maxBytes} bytes, the most that its job can have`,
    );
}

/** Asks for the file from the position on; undefined when there is nothing behind it. */
async function openPart(reading: Reading): Promise<Part | undefined> {
  const {call, context, position} = reading;
  const request = await requestOf(reading);
  const answer = await context.http.send(request);
  if (answer.status === 200 || answer.status === 206) refuseCompressed(answer, call.name);
  if (answer.status === 200) {
    checkSize(reading, lengthOf(answer.headers.get('content-length')), answer);
    return {answer, skipBytes: position};
  }
  if (answer.status === 206) {
    const {start, total} = contentRange(answer);
    if (start !== position) throw refused(answer, call, 'it is another range than asked for');
    checkSize(reading, total, answer);
    return {answer, skipBytes: 0};
  }
  if (answer.status === 416 && position > 0) {
    const {total} = contentRange(answer);
    if (total !== undefined && total !== position)
      throw refused(answer, call, `it has ${total} bytes, and ${position} were read before`);
    answer.body.destroy();
    return undefined;
  }
  throw replyError(await context.http.readWhole(request, answer), call);
}

function connectionOf({source: {url}, call, signal}: Reading): Pick<HttpRequest, 'name' | 'url' | 'signal'> {
  return {name: call.name, url, ...(signal === undefined ? {} : {signal})};
}

async function requestOf(reading: Reading): Promise<HttpRequest> {
  const {source, context, position} = reading;
  const leftMs = context.outage?.leftMs ?? Infinity;
  return {
    ...connectionOf(reading),
    method: 'GET',
    headers: {...(await source.headers()), ...(position > 0 ? {range: `bytes=${position}-`} : {})},
    silenceMs: Math.min(context.silenceMs, leftMs),
    answerMs: Math.min(context.answerMs, leftMs),
  };
}

/** A file that has another size than before is another file: nothing of it fits what was delivered. */
function checkSize(reading: Reading, totalBytes: number | undefined, answer: HttpAnswer): void {
  if (reading.totalBytes !== undefined && totalBytes !== undefined && totalBytes !== reading.totalBytes) {
    throw refused(answer, reading.call, `the file had ${reading.totalBytes} bytes and now has ${totalBytes}`);
  }
  reading.totalBytes ??= totalBytes;
  if (totalBytes !== undefined && totalBytes > reading.maxBytes) answer.body.destroy();
  checkLimit(reading, totalBytes ?? 0);
}

function refused(answer: HttpAnswer, call: CallIdentity, why: string): GembatchError {
  answer.body.destroy();
  return malformedReplyError(call.name, why);
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-content-range */
function contentRange({headers}: HttpAnswer): {start: number | undefined; total: number | undefined} {
  const range = /^bytes (?:(?<start>\d+)-\d+|\*)\/(?<total>\d+|\*)$/u.exec(
    headers.get('content-range') ?? '',
  );
  return {start: lengthOf(range?.groups?.['start']), total: lengthOf(range?.groups?.['total'])};
}

function lengthOf(text: string | undefined): number | undefined {
  const length = Number(text);
  return text === undefined || !Number.isSafeInteger(length) ? undefined : length;
}
