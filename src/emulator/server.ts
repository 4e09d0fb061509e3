/**
 * A local Gemini Batch API over real HTTP, for trying things out and for tests.
 *
 * It listens on this machine alone, keeps what is uploaded in a temporary folder, and knows what was paid for.
 */
import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {readJson, textOf, type Answer, type Call} from './call.js';
import {answerControl, EmulatorControl} from './control.js';
import {answerBefore, type Fault} from './faults.js';
import {matchRoute, type Match} from './routes.js';
import {invalidKey, missingKey, ServiceError} from './service-error.js';
import {Dropped} from './throttle.js';
import {World, type WorldOptions} from './world.js';

/** How an emulator is started. */
export interface EmulatorOptions extends WorldOptions {
  /** 0 takes a free one. */
  readonly port?: number;
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:<port>`; goes where the service's base URL goes. */
  readonly url: string;
  readonly control: EmulatorControl;
  /** Ends it at once, open connections too, and removes its files. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts an emulator. */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const world = await World.create(options);
  const control = new EmulatorControl(world);
  const server = createServer((request, response) => void handle({world, control}, request, response));
  server.listen(options.port ?? 0, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    await world.destroy();
    throw error;
  }
  return {url: urlOf(server), control, close: () => close(server, world)};
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The emulator does not listen on a port.');
  return `http://${HOST}:${address.port}`;
}

async function close(server: Server, world: World): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await world.destroy();
}

/** One request that is being answered. */
interface Serving {
  readonly world: World;
  readonly control: EmulatorControl;
}

async function handle(
  {world, control}: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? HOST}`);
  try {
    if (url.pathname.startsWith('/emulator/')) {
      await send(response, {json: await answerControl(control, request, url.pathname)});
      return;
    }
    const match = matchRoute(request, url);
    if (match === undefined) throw new ServiceError(404, `No method for ${request.method} ${url.pathname}.`);
    await serve(world, {request, response, url, match});
  } catch (error) {
    fail(response, error);
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly match: Match;
}

async function serve(world: World, {request, response, url, match}: Exchange): Promise<void> {
  const logged = world.ledger.begin(match.operation, request.method ?? '', url.pathname);
  response.on('close', () => {
    logged.status = response.headersSent ? response.statusCode : null;
    world.ledger.end(logged);
  });
  checkKey(world, request, url);
  // The body is read once; a fault may need to look into it first.
  let body: Promise<Record<string, unknown>> | undefined;
  const json = (): Promise<Record<string, unknown>> => (body ??= readJson(request));
  const isCreate = match.operation === 'batches.create' || match.operation === 'upload.start';
  const subject = `${url.pathname} ${isCreate ? displayNameOf(await json()) : ''}`;
  const fault = world.faults.take(match.operation, subject);
  if (fault !== undefined && (await answeredBefore(fault, {request, response}))) return;

  await world.catchUp();
  const call: Call = {world, operation: match.operation, request, url, id: match.id, fault, json};
  const answer = await match.route(call);
  if (fault === undefined || !(await answeredAfter(fault, response))) await send(response, answer);
}

function checkKey(world: World, request: IncomingMessage, url: URL): void {
  const header = request.headers['x-goog-api-key'];
  const key = textOf(header) || (url.searchParams.get('key') ?? '');
  // The URL of an upload stands for the key that began it.
  if (key === '' && url.searchParams.has('upload_id')) return;
  if (key === '') throw missingKey();
  if (world.behaviour.invalid_keys.includes(key)) throw invalidKey();
}

function displayNameOf(body: Record<string, unknown>): string {
  return JSON.stringify(body);
}

/** Does what a fault does before the call has any effect; true when that ends it. */
async function answeredBefore(
  fault: Fault,
  {request, response}: Pick<Exchange, 'request' | 'response'>,
): Promise<boolean> {
  if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (fault.kind === 'hang_before') return true;
  if (fault.kind === 'reset_before') {
    request.socket.destroy();
    return true;
  }
  const error = answerBefore(fault);
  if (error !== undefined) throw error;
  if (fault.kind !== 'status') return false;
  const isText = typeof fault.body === 'string';
  response.writeHead(fault.status, {
    'content-type': isText ? 'text/html' : 'application/json',
    ...fault.headers,
  });
  response.end(isText ? fault.body : JSON.stringify(fault.body));
  return true;
}

/** Does what a fault does to the answer of a call that took effect; true when nothing else is answered. */
async function answeredAfter(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'reset_after':
      response.destroy();
      return true;
    case 'hang_after':
      return true;
    case 'error_after':
      throw new ServiceError(fault.status, 'An injected fault.');
    case 'body_after':
      response.writeHead(fault.status ?? 200, {'content-type': fault.content_type ?? 'application/json'});
      response.end(fault.text);
      return true;
    case 'endless_body':
      response.writeHead(200, {'content-type': 'application/json'});
      while (!response.destroyed) {
        if (!response.write(Buffer.alloc(1024 * 1024, ' ')))
          await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      return true;
    default:
      return false;
  }
}

async function send(
  response: ServerResponse,
  {status = 200, headers = {}, json, stream}: Answer,
): Promise<void> {
  if (stream === undefined) {
    const body = JSON.stringify(json ?? {});
    response.writeHead(status, {
      'content-type': 'application/json; charset=UTF-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
    return;
  }
  response.writeHead(status, {...headers});
  for await (const chunk of stream) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof ServiceError && !response.headersSent) {
    void send(response, {status: error.status, json: error.body});
    return;
  }
  // A transfer that a fault, or the other side, has broken off has nobody to answer to.
  const isBroken =
    error instanceof Dropped || response.headersSent || response.destroyed || isConnectionError(error);
  if (isBroken) response.destroy();
  else
    void send(response, {
      status: 500,
      json: new ServiceError(500, `The emulator failed: ${String(error)}`).body,
    });
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
