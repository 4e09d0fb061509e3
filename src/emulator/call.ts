import type {IncomingMessage} from 'node:http';
import type {Fault, OperationName} from './faults.js';
import {ServiceError} from './service-error.js';
import type {World} from './world.js';

/** A call of the imitated API on its way through the emulator. */
export interface Call {
  readonly world: World;
  readonly operation: OperationName;
  readonly request: IncomingMessage;
  readonly url: URL;
  /** What the path names: a model, a file, a batch job, without its collection. */
  readonly id: string;
  /** The fault that meets this call. */
  readonly fault: Fault | undefined;
  /** The body, read as JSON; an empty object when there is none. */
  readonly json: () => Promise<Record<string, unknown>>;
}

/** What is answered. `stream` is sent in place of `json`. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly stream?: AsyncIterable<Uint8Array>;
}

/** Works one operation. */
export type Route = (call: Call) => Promise<Answer>;

/** The most that a JSON body may have, as for requests that come inline. */
const MAX_JSON_BYTES = 20 * 1024 * 1024;

/** Reads a JSON body. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_JSON_BYTES)
      throw new ServiceError(400, 'Request payload size exceeds the limit: 20971520 bytes.');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ServiceError(400, 'Invalid JSON payload received. Unexpected token.');
  }
  if (!isObject(value)) throw new ServiceError(400, 'Invalid JSON payload received. Expected an object.');
  return value;
}

/** A field in either of the spellings that the service takes. */
export function field(object: Record<string, unknown>, camelCase: string): unknown {
  const snakeCase = camelCase.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return object[camelCase] ?? object[snakeCase];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
