/**
 * Sends HTTP requests: each once and never again, whatever comes back, and never to another address than the one given.
 * undici's `request` does that; its `fetch`, like Node's, follows redirects, API key and all, and repeats a request that is
 * answered with 421. What comes back is limited in bytes and in time, is not decompressed, and is rid of the API key
 * before anybody reads it.
 */
import type {Readable} from 'node:stream';
import {createApiKeyRedactor} from '../../domain/api-key/redact-api-key.js';
import {GembatchError} from '../../domain/errors.js';
import {Connections, CONNECT_TIMEOUT_MS} from './connection/connections.js';
import {Deadline} from './deadline.js';
import {NotConnectedError} from './connection/connection-error.js';
import type {Proxies} from './connection/proxy-variables.js';
import type {Dispatcher} from './connection/undici.js';
import {throwIfAborted} from './retry-budget.js';
import {malformedReplyError, networkError, type RawReply} from './service-error.js';

/** A request to be sent. */
export interface HttpRequest {
  /** What it is called in messages. */
  readonly name: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream comes with its `content-length`. */
  readonly body?: Buffer | AsyncIterable<Buffer>;
  /** After so long without a byte in either direction the connection is taken for dead, in milliseconds. */
  readonly silenceMs: number;
  /** How long an answer that is read whole may take from its head on, in milliseconds: a byte now and then breaks the silence. */
  readonly answerMs: number;
  /** How long all of it may take, in milliseconds. */
  readonly totalMs?: number;
  /** Takes a new connection: one that was kept open may break in the moment in which it is used. */
  readonly isAlone?: boolean;
  readonly signal?: AbortSignal;
}

/** An answer whose body is not read yet. A caller that does not want the body destroys it. */
export interface HttpAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Readable;
}

/** Of an answer that is read whole. The longest are pages of a hundred jobs, with some KiB each. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/** The header that bears the API key. */
const KEY_HEADER = 'x-goog-api-key';

/** Sends requests over connections of its own. */
export class HttpClient {
  readonly #connections: Connections;
  readonly #serviceName: string;

  /** @param serviceName - what the service is called in messages. */
  constructor(proxies: Proxies, serviceName = 'the Gemini API') {
    this.#connections = new Connections(proxies);
    this.#serviceName = serviceName;
  }

  /**
   * Sends a request and returns its answer as a stream. An answer that comes before the body is sent whole is a refusal:
   * the rest of the body is not sent.
   *
   * @throws GembatchError `SERVICE` without an answer, `details.sent` is false when nothing was sent; `INTERRUPTED`; what
   *   the body throws.
   */
  send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send(request, this.#connections.kept(request.url));
  }

  /**
   * Sends a request and reads its answer whole.
   *
   * @throws GembatchError as `send`, and `SERVICE` for an answer that is too large or compressed.
   */
  async sendWhole(request: HttpRequest): Promise<RawReply> {
    if (request.isAlone !== true) return this.readWhole(request, await this.send(request));
    const connection = this.#connections.fresh(request.url);
    try {
      return await this.readWhole(request, await this.#send(request, connection));
    } finally {
      await connection.destroy();
    }
  }

  /** Reads an answer whole, as `sendWhole` does. */
  async readWhole(request: HttpRequest, {status, headers, body}: HttpAnswer): Promise<RawReply> {
    const timer = setTimeout(() => body.destroy(slownessError(request.answerMs)), request.answerMs);
    try {
      refuseCompressed({headers, body}, `HTTP ${status}`);
      const redact = createApiKeyRedactor(secretOf(request));
      return {status, headers, body: redact(await textOf(body, status))};
    } catch (error) {
      throw this.failure(request, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The error for an answer that broke off: it names the proxy, if there was one. */
  failure({name, url, signal}: Pick<HttpRequest, 'name' | 'url' | 'signal'>, cause: unknown): Error {
    throwIfAborted(signal);
    if (cause instanceof GembatchError) return cause;
    return networkError(cause, {
      name,
      serviceName: this.#serviceName,
      proxy: this.#connections.proxyOf(url),
    });
  }

  /** Gives up the connections that are not made yet: they would keep the process alive. */
  close(): void {
    this.#connections.close();
  }

  async #send(request: HttpRequest, connection: Dispatcher): Promise<HttpAnswer> {
    const {method, url, body, silenceMs, answerMs, totalMs, signal} = request;
    throwIfAborted(signal);
    let isStarted = false;
    const deadline = new Deadline(signal);
    const waitForAnswer = (): void => deadline.set(Math.min(silenceMs, answerMs), silenceError);
    const onStart = (): void => {
      isStarted = true;
      waitForAnswer();
    };
    deadline.set(CONNECT_TIMEOUT_MS, connectError);
    if (totalMs !== undefined) deadline.setTotal(totalMs, slownessError);
    try {
      const answer = await deadline.race(
        connection.compose(noting(onStart)).request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: method as Dispatcher.HttpMethod,
          // Bytes that grow without limit when they are unpacked are not asked for.
          headers: {'accept-encoding': 'identity', ...request.headers},
          // It takes any iterable; its types do not say so.
          body: (Buffer.isBuffer(body) || body === undefined
            ? (body ?? null)
            : watched(body, waitForAnswer)) as Buffer | null,
          bodyTimeout: silenceMs,
          highWaterMark: BODY_BUFFER_BYTES,
          signal: deadline.signal,
        }),
      );
      deadline.clear();
      // It may be destroyed while it is not being read.
      answer.body.on('error', () => undefined).on('close', () => deadline.end());
      return {status: answer.statusCode, headers: headersOf(answer.headers), body: answer.body};
    } catch (error) {
      deadline.end();
      const isOfConnection = !isStarted && !(error instanceof GembatchError);
      throw this.failure(
        request,
        isOfConnection ? new NotConnectedError('not connected', {cause: error}) : error,
      );
    }
  }
}

/** What an answer must not repeat: the API key, or the access token. */
function secretOf({headers}: HttpRequest): string {
  return headers[KEY_HEADER] ?? headers['authorization']?.replace(/^Bearer /u, '') ?? '';
}

/** How much of an answer may wait in memory until it is read. */
const BODY_BUFFER_BYTES = 1024 * 1024;

/** Tells when a request is about to be written: what fails before that has sent nothing. */
function noting(onStart: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      onStart();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };
}

async function* watched(body: AsyncIterable<Buffer>, onBlock: () => void): AsyncGenerator<Buffer> {
  for await (const bytes of body) {
    onBlock();
    yield bytes;
  }
  onBlock();
}

async function textOf(body: Readable, status: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_REPLY_BYTES)
      throw malformedReplyError(`HTTP ${status}`, `it is larger than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Ends an answer whose bytes are not what they stand for.
 *
 * @throws GembatchError `SERVICE`
 */
export function refuseCompressed({headers, body}: Pick<HttpAnswer, 'headers' | 'body'>, name: string): void {
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding.toLowerCase() === 'identity') return;
  body.destroy();
  throw malformedReplyError(name, 'it is compressed, which was not asked for');
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    ),
  );
}

function connectError(ms: number): Error {
  return new Error(`no connection within ${seconds(ms)}`);
}

function slownessError(ms: number): Error {
  return new Error(`nothing complete within ${seconds(ms)}`);
}

function silenceError(ms: number): Error {
  return new Error(`nothing moved for ${seconds(ms)}`);
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
