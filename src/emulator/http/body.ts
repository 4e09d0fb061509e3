/** Reads and writes the bodies of requests and answers, within limits. */
import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Answer} from './call.js';
import {isObject, type Json} from './json.js';
import type {LoggedRequest} from '../control/call-log.js';
import {ServiceError} from './service-error.js';

/** The most that a JSON body may have, as for requests that come inline: https://ai.google.dev/gemini-api/docs/batch-api. */
const MAX_JSON_BYTES = 20 * 1024 * 1024;

/** The body in pieces, counted in the log. */
export async function* receive(request: IncomingMessage, logged?: LoggedRequest): AsyncGenerator<Buffer> {
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (logged !== undefined) logged.request_bytes += chunk.length;
    yield chunk;
  }
}

/**
 * Reads a JSON body; an empty one is an empty object.
 *
 * @throws ServiceError 400 for a body that is too large or no JSON object.
 */
export async function readJson(request: IncomingMessage, logged?: LoggedRequest): Promise<Json> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of receive(request, logged)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_JSON_BYTES)
      throw new ServiceError(400, `Request payload size exceeds the limit: ${MAX_JSON_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  const value = parsed(text);
  if (!isObject(value)) throw new ServiceError(400, 'Invalid JSON payload received. Expected an object.');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServiceError(
      400,
      `Invalid JSON payload received. ${error instanceof Error ? error.message : ''}`,
    );
  }
}

/** Sends an answer, as fast as the other side takes it. */
export async function send(response: ServerResponse, answer: Answer, logged?: LoggedRequest): Promise<void> {
  const {status = 200, headers = {}, json = {}, stream} = answer;
  if (stream === undefined) {
    const text = Buffer.from(JSON.stringify(json));
    const type = {'content-type': 'application/json; charset=UTF-8', 'content-length': text.length};
    response.writeHead(status, {...type, ...headers});
    response.end(text);
    if (logged !== undefined) logged.response_bytes += text.length;
    return;
  }
  response.writeHead(status, headers);
  for await (const chunk of stream) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await untilWritable(response);
    if (logged !== undefined) logged.response_bytes += chunk.length;
  }
  response.end();
}

/** Resolves when more can be written, or nothing any more. */
export async function untilWritable(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const done = new AbortController();
  const {signal} = done;
  await Promise.race([once(response, 'drain', {signal}), once(response, 'close', {signal})]);
  done.abort();
}
