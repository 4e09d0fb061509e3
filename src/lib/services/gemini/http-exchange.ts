/**
 * One HTTP request: sent once and never again, whatever comes back, and never to another address than the one given. The
 * `fetch` of Node does neither: it follows redirects, key and all, and repeats a request that is answered with 421.
 *
 * A body flows as fast as the other side takes it, and a connection on which nothing moves is given up. What comes back
 * is limited in bytes and in time, is not decompressed, and is rid of the API key before anybody reads it.
 */
import {request as httpRequest, type ClientRequest, type IncomingMessage} from 'node:http';
import {request as httpsRequest} from 'node:https';
import {concealing} from '../../domain/conceal-key.js';
import {GembatchError} from '../../domain/errors.js';
import {agentFor, type Connection} from './http-agents.js';
import {NotConnectedError} from './not-connected-error.js';
import {throwIfAborted} from './retry.js';
import {malformedReplyError, type RawReply} from './service-error.js';

/** A request to be sent. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream comes with its `content-length`. */
  readonly body?: Buffer | AsyncIterable<Buffer>;
  /** After so long without a byte in either direction the connection is taken for dead, in milliseconds. */
  readonly silenceMs: number;
  /**
   * How long the head of the answer may take once the request is sent, and then the rest of an answer that is read whole,
   * in milliseconds. A byte now and then breaks the silence, and would hold the caller for days.
   */
  readonly answerMs: number;
  /** `kept` when absent. A connection that was kept open may break in the moment in which it is used. */
  readonly connection?: Connection;
  readonly signal?: AbortSignal;
}

/** Of an answer that is read whole. The longest are pages of a hundred jobs, with some KiB each. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/** The header that bears the API key. */
const KEY_HEADER = 'x-goog-api-key';

/** Sends a request and reads its answer whole. */
export async function exchange(request: HttpRequest): Promise<RawReply> {
  const {headers, answerMs} = request;
  return readReply(await open(request), {apiKey: headers[KEY_HEADER] ?? '', answerMs});
}

/**
 * Sends a request and returns its answer as a stream, not yet read.
 *
 * Rejects with `NotConnectedError` or the system's error when the connection fails, and with the body's `GembatchError`
 * when that does. An answer that comes before the body is sent whole is a refusal: the rest of the body is not sent.
 */
export function open(request: HttpRequest): Promise<IncomingMessage> {
  throwIfAborted(request.signal);
  return new Promise((resolve, reject) => {
    const isSecure = request.url.protocol === 'https:';
    const outgoing = begin(request, isSecure);
    giveUpWhenDue(outgoing, request);
    outgoing.on('response', (response) => {
      response.on('end', () => outgoing.writableFinished || outgoing.destroy());
      resolve(response);
    });
    // What is written to a secure connection waits for its handshake, the check of the certificate included.
    let isConnected = false;
    outgoing.on('socket', (socket) => {
      isConnected = outgoing.reusedSocket || !socket.connecting;
      if (!isConnected) socket.once(isSecure ? 'secureConnect' : 'connect', () => (isConnected = true));
    });
    outgoing.on('error', (error) => {
      const isOfConnection = !isConnected && !(error instanceof GembatchError);
      reject(isOfConnection ? new NotConnectedError('not connected', {cause: error}) : error);
    });
    sendBody(outgoing, request.body).catch((error: unknown) => {
      outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/**
 * Reads an answer whole.
 *
 * @param options - `apiKey` is left out of the body, should the answer repeat it; `answerMs` as in `HttpRequest`.
 * @throws GembatchError `SERVICE` for one that is too large or compressed; an Error for one that takes too long.
 */
export async function readReply(
  response: IncomingMessage,
  {apiKey, answerMs}: Pick<HttpRequest, 'answerMs'> & {apiKey: string},
): Promise<RawReply> {
  const timer = setTimeout(() => response.destroy(slownessError(answerMs)), answerMs);
  try {
    const body = await textOf(response);
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: concealing(apiKey)(body),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  refuseCompressed(response, `HTTP ${response.statusCode}`);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_REPLY_BYTES)
      throw malformedReplyError(`HTTP ${response.statusCode}`, `it is larger than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Ends an answer whose bytes are not what they stand for.
 *
 * @throws GembatchError `SERVICE`
 */
export function refuseCompressed(response: IncomingMessage, name: string): void {
  const coding = response.headers['content-encoding'] ?? 'identity';
  if (coding.toLowerCase() === 'identity') return;
  response.destroy();
  throw malformedReplyError(name, 'it is compressed, which was not asked for');
}

/** @throws NotConnectedError for what cannot be sent at all. */
function begin(request: HttpRequest, isSecure: boolean): ClientRequest {
  try {
    return (isSecure ? httpsRequest : httpRequest)(request.url, {
      method: request.method,
      headers: {
        // Bytes that grow without limit when they are unpacked are not asked for.
        'accept-encoding': 'identity',
        ...request.headers,
        ...(Buffer.isBuffer(request.body) ? {'content-length': request.body.length} : {}),
      },
      agent: agentFor(isSecure ? 'https:' : 'http:', request.connection ?? 'kept'),
      timeout: request.silenceMs,
    });
  } catch (cause) {
    throw new NotConnectedError('not sent', {cause});
  }
}

/** Ends a request on which nothing moves, whose answer does not begin, or that its caller does not want any more. */
function giveUpWhenDue(outgoing: ClientRequest, {silenceMs, answerMs, signal}: HttpRequest): void {
  let answer: IncomingMessage | undefined;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (error: Error): void => {
    // First the answer: one whose end is the end of its connection would else seem to be whole.
    answer?.destroy(error);
    outgoing.destroy(error);
  };
  const abort = (): void => giveUp(new Error('given up by the caller'));
  signal?.addEventListener('abort', abort, {once: true});
  outgoing
    .on('timeout', () => giveUp(silenceError(silenceMs)))
    .on('finish', () => {
      if (answer === undefined) timer = setTimeout(() => giveUp(slownessError(answerMs)), answerMs);
    })
    .on('response', (response) => {
      clearTimeout(timer);
      answer = response;
    })
    .on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
}

/** The next piece is made ready while the last one is on its way. */
async function sendBody(outgoing: ClientRequest, body: HttpRequest['body']): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) {
    outgoing.end(body);
    return;
  }
  let isFree: Promise<void> | undefined;
  for await (const bytes of body) {
    await isFree;
    isFree = outgoing.write(bytes) ? undefined : drained(outgoing);
    // Whoever waits for it sees its failure; nobody may be waiting when it comes.
    isFree?.catch(() => undefined);
  }
  outgoing.end();
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      outgoing.off('drain', settle).off('close', settle);
      if (outgoing.destroyed) reject(outgoing.errored ?? new Error('The connection was closed.'));
      else resolve();
    };
    outgoing.on('drain', settle).on('close', settle);
    if (outgoing.destroyed) settle();
  });
}

function headersOf(response: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

function slownessError(answerMs: number): Error {
  return new Error(`nothing complete within ${answerMs / 1000} s`);
}

function silenceError(silenceMs: number): Error {
  return new Error(`nothing moved for ${silenceMs / 1000} s`);
}
