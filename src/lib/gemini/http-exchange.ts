/**
 * One HTTP request over a stream, for transfers: the body flows as fast as the other side takes it, and a connection
 * on which nothing moves is given up.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import {Agent as HttpsAgent, request as httpsRequest} from 'node:https';
import {malformedReplyError, type RawReply} from './service-error.js';
import {throwIfAborted} from './retry.js';

/** A request of a transfer. */
export interface TransferRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Writes the body; the request ends when it resolves. Absent for an empty one. */
  readonly writeBody?: (write: (bytes: Buffer) => Promise<void>) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** After so long without a byte in either direction a connection is taken for dead, in milliseconds. */
const SILENCE_MS = 60_000;
/** Of an answer that is read whole. */
const MAX_BODY_BYTES = 1024 * 1024;

const agents = {
  'http:': new HttpAgent({keepAlive: true, maxSockets: 64}),
  'https:': new HttpsAgent({keepAlive: true, maxSockets: 64}),
};

/** Sends a request and reads its whole, short answer. */
export async function exchange(request: TransferRequest): Promise<RawReply> {
  const response = await open(request);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytesOf(response)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) {
      response.destroy();
      throw malformedReplyError('The transfer', `it is larger than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: headersOf(response),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/**
 * Sends a request and returns its answer as a stream, not yet read.
 *
 * Rejects with the system's error when the connection breaks, also when the service answers before the body is sent
 * whole and hangs up.
 */
export function open(request: TransferRequest): Promise<IncomingMessage> {
  throwIfAborted(request.signal);
  return new Promise((resolve, reject) => {
    const isSecure = request.url.protocol === 'https:';
    const outgoing = (isSecure ? httpsRequest : httpRequest)(request.url, {
      method: request.method,
      headers: request.headers,
      agent: isSecure ? agents['https:'] : agents['http:'],
      timeout: SILENCE_MS,
      ...(request.signal === undefined ? {} : {signal: request.signal}),
    });
    outgoing.on('timeout', () => outgoing.destroy(silence()));
    outgoing.on('response', (response) => {
      // An answer that comes before the body is sent whole is a refusal; the rest of the body is not wanted.
      response.on('end', () => outgoing.writableFinished || outgoing.destroy());
      resolve(response);
    });
    outgoing.on('error', reject);
    sendBody(outgoing, request.writeBody).catch((error: unknown) => {
      outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/** The bytes of an answer; rejects when it breaks off. */
export async function* bytesOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of response) {
    if (Buffer.isBuffer(chunk)) yield chunk;
  }
}

/** The headers of an answer in the form that `fetch` has. */
export function headersOf(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

async function sendBody(outgoing: ClientRequest, writeBody: TransferRequest['writeBody']): Promise<void> {
  await writeBody?.(async (bytes) => {
    if (outgoing.write(bytes)) return;
    await drained(outgoing);
  });
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

function silence(): Error {
  return Object.assign(new Error('silence'), {code: `nothing moved for ${SILENCE_MS / 1000} s`});
}
