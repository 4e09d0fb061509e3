/**
 * Reads a file of the service as a stream of bytes that survives broken connections: what is missing is asked for by
 * range, from the byte where the last connection broke off.
 */
import type {IncomingMessage} from 'node:http';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import {bytesOf, headersOf, open} from './http-exchange.js';
import {Patience, throwIfAborted, type CallOptions} from './retry.js';
import type {ServiceAddress} from './sdk-calls.js';
import {malformedReplyError, networkError, replyError} from './service-error.js';

/** What a download may be given. */
export interface DownloadOptions extends CallOptions {
  /** The first byte to read, from 0. */
  readonly fromByte?: number;
  /** Told the size of the whole file when the service says it. */
  readonly onSize?: (sizeBytes: number) => void;
}

/** What a download needs to know besides its file. */
export interface DownloadContext {
  readonly address: ServiceAddress;
  readonly clock: Clock;
  /** How long failures are waited out without a byte in between, in milliseconds. */
  readonly patienceMs: number;
}

/** The most of an error body that is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Yields the bytes of a file at the service, each once and in order.
 *
 * @param fileName - `files/<id>`
 * @throws GembatchError `NOT_FOUND`, `KEY_REFUSED`, `REFUSED`, `SERVICE`, `INTERRUPTED`.
 */
export async function* download(
  fileName: string,
  context: DownloadContext,
  options: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const call = `download of ${fileName}`;
  const patience = new Patience(context.clock, context.patienceMs, options);
  let position = options.fromByte ?? 0;
  let totalBytes: number | undefined;

  for (;;) {
    try {
      const part = await openPart(fileName, position, context, options);
      if (part === undefined) return;
      if (totalBytes === undefined && part.totalBytes !== undefined) options.onSize?.(part.totalBytes);
      if (totalBytes !== undefined && part.totalBytes !== undefined && part.totalBytes !== totalBytes) {
        throw malformedReplyError(call, `the file had ${totalBytes} bytes and now has ${part.totalBytes}`);
      }
      totalBytes ??= part.totalBytes;

      let skipBytes = part.skipBytes;
      for await (const chunk of bytesOf(part.response)) {
        const bytes = chunk.subarray(Math.min(skipBytes, chunk.length));
        skipBytes -= chunk.length - bytes.length;
        if (bytes.length === 0) continue;
        position += bytes.length;
        yield bytes;
        patience.progressed();
      }
      if (totalBytes === undefined || position >= totalBytes) return;
      throw malformedReplyError(call, `it ends after ${position} of ${totalBytes} bytes`);
    } catch (error) {
      throwIfAborted(options.signal);
      await patience.waitAfter(error instanceof GembatchError ? error : networkError(error, call));
    }
  }
}

interface Part {
  readonly response: IncomingMessage;
  /** Bytes at its start that were read before: the service sends all of it when it does not know ranges. */
  readonly skipBytes: number;
  readonly totalBytes: number | undefined;
}

/** Asks for the file from a position on; undefined when there is nothing behind it. */
async function openPart(
  fileName: string,
  position: number,
  {address}: DownloadContext,
  {signal}: DownloadOptions,
): Promise<Part | undefined> {
  const call = `download of ${fileName}`;
  const base = address.baseUrl.endsWith('/') ? address.baseUrl : `${address.baseUrl}/`;
  const response = await open({
    method: 'GET',
    url: new URL(`v1beta/${fileName}:download?alt=media`, base),
    headers: {'x-goog-api-key': address.apiKey, ...(position > 0 ? {range: `bytes=${position}-`} : {})},
    ...(signal === undefined ? {} : {signal}),
  });
  if (response.statusCode === 200) {
    return {response, skipBytes: position, totalBytes: lengthOf(response.headers['content-length'])};
  }
  if (response.statusCode === 206) {
    const range = /^bytes (?<start>\d+)-\d+\/(?<total>\d+|\*)$/u.exec(
      response.headers['content-range'] ?? '',
    )?.groups;
    if (Number(range?.['start']) !== position) {
      response.destroy();
      throw malformedReplyError(call, 'it is another range than asked for');
    }
    return {response, skipBytes: 0, totalBytes: lengthOf(range?.['total'])};
  }
  if (response.statusCode === 416 && position > 0) {
    response.destroy();
    return undefined;
  }
  throw replyError(
    {status: response.statusCode ?? 0, headers: headersOf(response), body: await errorBody(response)},
    'file',
    call,
  );
}

async function errorBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytesOf(response)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ERROR_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lengthOf(text: string | undefined): number | undefined {
  const length = Number(text);
  return text === undefined || !Number.isSafeInteger(length) ? undefined : length;
}
