import {createHash} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type RequestListener, type Server} from 'node:http';
import {join} from 'node:path';
import {afterEach} from '@jest/globals';
import type {Emulator, EmulatorOptions} from '../../../../src/emulator/http/server.js';
import type {ErrorCode, GembatchError} from '../../../../src/lib/domain/errors.js';
import type {UploadFile, Wait} from '../../../../src/lib/services/batch-service.js';
import {
  GeminiBatchClient,
  type GeminiBatchClientOptions,
} from '../../../../src/lib/services/gemini/gemini-batch-client.js';
import {tempDir} from '../../../helpers/temp-dir.js';
import {useEmulator} from '../../../helpers/use-emulator.js';
import {LeapingClock} from './leaping-clock.js';

export const API_KEY = 'test-key-that-nobody-may-see';
export const MODEL = 'models/gemini-3.5-flash-lite';

/** A client and what it talks to. */
export interface UsedClient {
  readonly client: GeminiBatchClient;
  readonly clock: LeapingClock;
  /** What the client said that it waits for. */
  readonly waits: Wait[];
  readonly onWait: (wait: Wait) => void;
}

/** Much longer than anything takes here, and much shorter than a test may. */
const SILENCE_MS = 5_000;

/** A client of an address. */
export function clientOf(baseUrl: string, options: Partial<GeminiBatchClientOptions> = {}): UsedClient {
  const clock = new LeapingClock();
  const waits: Wait[] = [];
  const client = new GeminiBatchClient({
    apiKey: API_KEY,
    clock,
    baseUrl,
    silenceMs: SILENCE_MS,
    ...options,
  });
  return {client, clock, waits, onWait: (wait) => waits.push(wait)};
}

/** A client of a new emulator. */
export async function useClient(
  options: EmulatorOptions = {},
  clientOptions: Partial<GeminiBatchClientOptions> = {},
): Promise<UsedClient & {readonly emulator: Emulator}> {
  const {emulator} = await useEmulator({seed: 1, ...options});
  return {emulator, ...clientOf(emulator.url, clientOptions)};
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A server that answers what the emulator never would. Returns its base URL. */
export async function useServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

/** Reads a request to its end. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** A request file on disk as an inspection describes it. */
export async function requestFile(content = requestsOf(3)): Promise<UploadFile> {
  const path = join(await tempDir(), '001.jsonl');
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {path, sizeBytes: Buffer.byteLength(content), sha256, displayName: '001.jsonl'};
}

/** The text of a request file with at least so many bytes. */
export function requestsOf(requests: number, minBytes = 0): string {
  const text = 'x'.repeat(Math.ceil(minBytes / requests));
  return Array.from(
    {length: requests},
    (_, i) => `${JSON.stringify({key: `r${i}`, request: {contents: [{parts: [{text: `${i} ${text}`}]}]}})}\n`,
  ).join('');
}

/** All items of all pages. */
export async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/** What an error of a certain code looks like to `toMatchObject`. */
export function code(expected: ErrorCode): Pick<GembatchError, 'name' | 'code'> {
  return {name: 'GembatchError', code: expected};
}

/** Everything that an error says, its causes included. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}\n${error.stack}\n${JSON.stringify(error)}\n${everythingIn(error.cause ?? '')}`;
}
