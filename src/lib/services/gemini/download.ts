/**
 * Reads a file of the service as a stream of bytes that survives broken connections: what is missing is asked for by
 * range, from the byte where the last connection broke off. Where the service knows no ranges it is read again from the
 * start, without what was delivered before.
 */
import type {IncomingMessage} from 'node:http';
import {GembatchError} from '../../domain/errors.js';
import {open, readReply, refuseCompressed} from './http-exchange.js';
import type {DownloadOptions} from '../batch-service.js';
import {Patience, throwIfAborted} from './retry.js';
import {
  brokenTransferError,
  malformedReplyError,
  networkError,
  replyError,
  type CallIdentity,
} from './service-error.js';
import type {TransferContext} from './transfer-context.js';
import {TransferPace} from './transfer-pace.js';

/** What is being read, and how far it is. */
interface Reading {
  readonly fileName: string;
  readonly call: CallIdentity;
  readonly context: TransferContext;
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
  /** The next byte to deliver. */
  position: number;
  /** Of the whole file, once the service has said it. */
  totalBytes: number | undefined;
}

/** An answer with bytes of the file. */
interface Part {
  readonly response: IncomingMessage;
  /** Bytes at its start that were delivered before. */
  readonly skipBytes: number;
}

/**
 * Yields the bytes of a file at the service, each once and in order.
 *
 * @param fileName - `files/<id>`
 * @throws GembatchError `NOT_FOUND`, `KEY_REFUSED`, `REFUSED`, `SERVICE`, `INTERRUPTED`.
 */
export async function* download(
  fileName: string,
  context: TransferContext,
  options: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const call = {name: `download of ${fileName}`, subject: 'file', resource: fileName} as const;
  const patience = new Patience(context.clock, context.patienceMs, options);
  const {signal, fromByte = 0, maxBytes = Infinity} = options;
  const start = {position: fromByte, totalBytes: undefined};
  const reading: Reading = {fileName, call, context, signal, maxBytes, ...start};
  const pace = new TransferPace(context.silenceMs);

  for (;;) {
    try {
      const part = await openPart(reading);
      if (part === undefined) return;
      let {skipBytes} = part;
      let askedMs = performance.now();
      for await (const chunk of part.response) {
        if (!Buffer.isBuffer(chunk)) continue;
        const bytes = chunk.subarray(Math.min(skipBytes, chunk.length));
        skipBytes -= chunk.length - bytes.length;
        const movement = pace.judge(chunk.length, performance.now() - askedMs);
        if (movement === 'stands still') throw brokenTransferError(call.name, 'it hardly moves');
        if (movement === 'moves' && bytes.length > 0) patience.progressed();
        reading.position += bytes.length;
        checkLimit(reading, reading.position);
        if (bytes.length > 0) yield bytes;
        askedMs = performance.now();
      }
      checkEnd(reading, skipBytes);
      return;
    } catch (error) {
      throwIfAborted(signal);
      await patience.waitAfter(error instanceof GembatchError ? error : networkError(error, call.name));
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
  const response = await ask(reading);
  if (response.statusCode === 200 || response.statusCode === 206) refuseCompressed(response, call.name);
  if (response.statusCode === 200) {
    checkSize(reading, lengthOf(response.headers['content-length']), response);
    return {response, skipBytes: position};
  }
  if (response.statusCode === 206) {
    const {start, total} = contentRange(response);
    if (start !== position) throw refused(response, call, 'it is another range than asked for');
    checkSize(reading, total, response);
    return {response, skipBytes: 0};
  }
  if (response.statusCode === 416 && position > 0) {
    const {total} = contentRange(response);
    if (total !== undefined && total !== position)
      throw refused(response, call, `it has ${total} bytes, and ${position} were read before`);
    response.destroy();
    return undefined;
  }
  throw replyError(
    await readReply(response, {apiKey: context.address.apiKey, answerMs: context.answerMs}),
    call,
  );
}

function ask({fileName, context, signal, position}: Reading): Promise<IncomingMessage> {
  const {apiKey, baseUrl} = context.address;
  const id = encodeURIComponent(fileName.replace(/^files\//u, ''));
  return open({
    method: 'GET',
    url: new URL(`v1beta/files/${id}:download?alt=media`, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`),
    headers: {'x-goog-api-key': apiKey, ...(position > 0 ? {range: `bytes=${position}-`} : {})},
    silenceMs: context.silenceMs,
    answerMs: context.answerMs,
    connection: 'bulk',
    ...(signal === undefined ? {} : {signal}),
  });
}

/** A file that has another size than before is another file: nothing of it fits what was delivered. */
function checkSize(reading: Reading, totalBytes: number | undefined, response: IncomingMessage): void {
  if (reading.totalBytes !== undefined && totalBytes !== undefined && totalBytes !== reading.totalBytes) {
    throw refused(
      response,
      reading.call,
      `the file had ${reading.totalBytes} bytes and now has ${totalBytes}`,
    );
  }
  reading.totalBytes ??= totalBytes;
  if (totalBytes !== undefined && totalBytes > reading.maxBytes) response.destroy();
  checkLimit(reading, totalBytes ?? 0);
}

function refused(response: IncomingMessage, call: CallIdentity, why: string): GembatchError {
  response.destroy();
  return malformedReplyError(call.name, why);
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-content-range */
function contentRange({headers}: IncomingMessage): {start: number | undefined; total: number | undefined} {
  const range = /^bytes (?:(?<start>\d+)-\d+|\*)\/(?<total>\d+|\*)$/u.exec(headers['content-range'] ?? '');
  return {start: lengthOf(range?.groups?.['start']), total: lengthOf(range?.groups?.['total'])};
}

function lengthOf(text: string | undefined): number | undefined {
  const length = Number(text);
  return text === undefined || !Number.isSafeInteger(length) ? undefined : length;
}
