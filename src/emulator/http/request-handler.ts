/** Takes one HTTP request through the emulator: what it is, whether it may, what goes wrong with it, what it does. */
import type {IncomingMessage, ServerResponse} from 'node:http';
import {awaitLatency, isEndedAfter, isEndedBefore} from '../control/answer-faults.js';
import {readJson, send} from './body.js';
import type {Answer, Call, Route} from './call.js';
import {answerControl} from '../control/control-routes.js';
import type {EmulatorControl} from '../control/control.js';
import {textOf, type Json} from './json.js';
import {matchRoute, type Match} from './routes.js';
import {invalidKey, invalidToken, missingKey, ServiceError} from './service-error.js';
import {Dropped} from './throttle.js';
import type {ServiceState} from '../service-state.js';

export interface RequestContext {
  readonly service: ServiceState;
  readonly control: EmulatorControl;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Base of all URLs that are handed out. */
  readonly origin: string;
}

/** Names of this machine. A page whose host was bound to 127.0.0.1 asks under another one. */
const LOCAL_HOSTS = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/u;
const LOCAL_ORIGINS = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/u;

/** Answers a request, whatever comes. */
export async function handleRequest(context: RequestContext): Promise<void> {
  const {request, response, control, origin} = context;
  try {
    refuseStrangers(request);
    const url = new URL(request.url ?? '/', origin);
    if (/^\/emulator(?:\/|$)/u.test(url.pathname)) {
      await send(response, {json: await answerControl(control, request, url.pathname)});
      return;
    }
    const match = matchRoute(request, url);
    if (match === undefined) throw new ServiceError(404, 'Method not found.');
    await answerCall(context, url, match);
  } catch (error) {
    fail(response, error);
  }
}

/**
 * Refuses what a page of another site makes the browser of this machine ask for. Browsers say where a request comes
 * from: https://fetch.spec.whatwg.org/#origin-header and https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header.
 *
 * @throws ServiceError 403
 */
function refuseStrangers({headers}: IncomingMessage): void {
  const {host = '', origin} = headers;
  const isOfPage = origin !== undefined && !LOCAL_ORIGINS.test(origin);
  if (!LOCAL_HOSTS.test(host) || isOfPage || headers['sec-fetch-site'] === 'cross-site')
    throw new ServiceError(403, 'The emulator is for this machine only.');
}

async function answerCall(
  {service, request, response}: RequestContext,
  url: URL,
  match: Match,
): Promise<void> {
  const cameMs = performance.now();
  const {operation, route, id, version, isOfCloud = false} = match;
  const logged = service.callLog.begin(operation, request.method ?? '', url.pathname);
  response.on('close', () => {
    logged.status = response.headersSent ? response.statusCode : null;
    service.callLog.end(logged);
  });
  if (operation !== 'credentials') (isOfCloud ? checkToken : checkKey)(service, request, url);
  // The body is read once; the match of a fault may need to look into it first.
  let body: Promise<Json> | undefined;
  const json = (): Promise<Json> => (body ??= readJson(request, logged));
  const faults = service.faults.take(operation, await subjectOf(service, url, match, json));
  if (await isEndedBefore(faults, response, cameMs)) return;

  service.jobs.catchUp();
  const call: Call = {service, request, url, id, version, faults, logged, json};
  const reply = await replyTo(call, route, cameMs);
  if (!(await isEndedAfter(faults, response))) await send(response, reply, logged);
}

async function replyTo(call: Call, route: Route, cameMs: number): Promise<Answer> {
  try {
    return await route(call);
  } finally {
    await awaitLatency(call.faults, cameMs);
  }
}

function checkKey(service: ServiceState, request: IncomingMessage, url: URL): void {
  const key = textOf(request.headers['x-goog-api-key']) || (url.searchParams.get('key') ?? '');
  // The URL of an upload stands for the key that began it.
  if (key === '' && url.searchParams.has('upload_id')) return;
  if (key === '') throw missingKey();
  if (service.behaviour.invalid_keys.includes(key)) throw invalidKey();
}

/** Any access token is taken but those that are refused as API keys are, too. The address of an upload stands for one. */
function checkToken(service: ServiceState, {headers}: IncomingMessage, url: URL): void {
  const [, token = ''] = /^Bearer (?<token>\S+)$/u.exec(textOf(headers.authorization)) ?? [];
  if (token === '' && url.searchParams.has('upload_id')) return;
  if (token === '' || service.behaviour.invalid_keys.includes(token)) throw invalidToken();
}

/** What a fault rule may look for: the path, and what the caller asks for or calls the thing. */
async function subjectOf(
  {uploads, files, jobs}: ServiceState,
  url: URL,
  {operation, id}: Match,
  json: () => Promise<Json>,
): Promise<string> {
  if (operation === 'batches.create' || operation === 'upload.start')
    return `${url.pathname} ${JSON.stringify(await json())}`;
  if (operation === 'batches.list') return `${url.pathname} ${url.searchParams.get('filter') ?? ''}`;
  const upload = uploads.get(url.searchParams.get('upload_id') ?? '');
  const named = upload?.metadata ?? files.get(`files/${id}`) ?? jobs.get(`batches/${id}`) ?? jobs.get(id);
  return `${url.pathname} ${named?.displayName ?? ''}`;
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof Dropped) {
    // What was sent before the break still arrives.
    response.socket?.destroySoon();
    return;
  }
  // When the other side has broken off the transfer, there is no one to answer.
  if (response.headersSent || response.destroyed || isConnectionError(error)) {
    response.destroy();
    return;
  }
  const known =
    error instanceof ServiceError ? error : new ServiceError(500, `The emulator failed: ${String(error)}`);
  send(response, {status: known.status, json: known.body}).catch(() => response.destroy());
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
