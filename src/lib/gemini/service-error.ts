/** Turns what the service, or the way to it, says into the one error class. Nothing here decides by message text. */
import {GembatchError, type ErrorCode} from '../domain/errors.js';

/** What a call is about; the same status means different things for a model, a file and a batch job. */
export type Subject = 'model' | 'file' | 'batch' | 'create';

/** An answer of the service as it came. */
export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The part of a Google API error body that is of use. https://cloud.google.com/apis/design/errors#error_model */
interface ServiceStatus {
  readonly message: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly retryDelayMs: number | undefined;
}

/**
 * Reasons, from `google.rpc.ErrorInfo`, that concern the API key or its project, whatever the call was.
 * https://docs.cloud.google.com/apis/docs/errors and `googleapis/googleapis` `google/api/error_reason.proto`.
 */
const KEY_REASONS: ReadonlySet<string> = new Set([
  'API_KEY_INVALID',
  'API_KEY_SERVICE_BLOCKED',
  'API_KEY_HTTP_REFERRER_BLOCKED',
  'API_KEY_IP_ADDRESS_BLOCKED',
  'API_KEY_ANDROID_APP_BLOCKED',
  'API_KEY_IOS_APP_BLOCKED',
  'SERVICE_DISABLED',
  'BILLING_DISABLED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
]);

/** Statuses after which the same call may work a moment later. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504]);

/** The error for an answer that is no success. `details.status` is the HTTP status. */
export function replyError(reply: RawReply, subject: Subject, name: string): GembatchError {
  const said = serviceStatus(reply);
  const code = codeOf(reply.status, said, subject);
  const text = said.message === '' ? '' : `: ${said.message}`;
  const status = said.status === '' ? `${reply.status}` : `${reply.status} ${said.status}`;
  return new GembatchError(code, `${name}: the service answered ${status}${text}`, {
    details: {
      status: reply.status,
      ...(said.retryDelayMs === undefined ? {} : {retryDelayMs: said.retryDelayMs}),
      ...(said.reason === undefined ? {} : {reason: said.reason}),
    },
  });
}

/** The error for a success that cannot be understood. */
export function malformedReplyError(name: string, what: string): GembatchError {
  return new GembatchError('SERVICE', `${name}: the service's answer cannot be understood (${what}).`, {
    details: {malformed: true},
  });
}

/** Whether the same call may work later. */
export function isTransient(error: GembatchError): boolean {
  if (error.code === 'QUOTA') return true;
  const {status} = error.details;
  return error.code === 'SERVICE' && (typeof status !== 'number' || TRANSIENT_STATUSES.has(status));
}

/**
 * The error for a call that got no answer.
 *
 * `details.sent` is false when it is certain that nothing reached the service: the name was not found, no connection
 * was made, or its certificate was refused.
 */
export function networkError(cause: unknown, name: string): GembatchError {
  const sent = !isUnsent(cause);
  return new GembatchError('SERVICE', `${name}: ${networkText(cause)}`, {cause, details: {sent}});
}

/** The service's error inside a body that came with a success; undefined when there is none. */
export function errorInBody(body: string): {status: number} | undefined {
  const error = objectAt(parse(body), 'error');
  if (error === undefined) return undefined;
  const {code} = error;
  return {status: typeof code === 'number' && code >= 400 ? code : 500};
}

function codeOf(status: number, said: ServiceStatus, subject: Subject): ErrorCode {
  if (status === 401 || (said.reason !== undefined && KEY_REASONS.has(said.reason))) return 'KEY_REFUSED';
  if (status === 429) return 'QUOTA';
  if (status === 404) return subject === 'model' || subject === 'create' ? 'MODEL_UNAVAILABLE' : 'NOT_FOUND';
  // A file that is gone, or another project's, is answered with 403; a model list that is forbidden is the key's fault.
  if (status === 403 && subject === 'file') return 'NOT_FOUND';
  if (status === 403 && subject === 'model') return 'KEY_REFUSED';
  return status >= 400 && status < 500 && !TRANSIENT_STATUSES.has(status) ? 'REFUSED' : 'SERVICE';
}

function serviceStatus({body, headers}: RawReply): ServiceStatus {
  const error = objectAt(parse(body), 'error') ?? {};
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const reason = details.map((detail) => detail['reason']).find((value) => typeof value === 'string');
  const delay = details.map((detail) => detail['retryDelay']).find((value) => typeof value === 'string');
  return {
    message: textOf(error['message']),
    status: textOf(error['status']),
    reason,
    retryDelayMs:
      secondsToMs(delay?.replace(/s$/u, '')) ?? secondsToMs(headers.get('retry-after') ?? undefined),
  };
}

function isUnsent(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnsent);
  const {syscall, code, cause: inner} = fieldsOf(cause);
  if (syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  if (typeof code === 'string' && /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|UNABLE_TO_|SELF_SIGNED_)/u.test(code))
    return true;
  return inner !== undefined && isUnsent(inner);
}

function networkText(cause: unknown): string {
  const {code, cause: inner, message} = fieldsOf(cause);
  if (typeof code === 'string') return `no answer from the service (${code})`;
  if (inner !== undefined) return networkText(inner);
  return `no answer from the service (${textOf(message)})`;
}

function fieldsOf(value: unknown): {syscall?: unknown; code?: unknown; cause?: unknown; message?: unknown} {
  return typeof value === 'object' && value !== null ? value : {};
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function objectAt(value: unknown, key: string): Record<string, unknown> | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function secondsToMs(seconds: string | undefined): number | undefined {
  const value = Number(seconds);
  return seconds === undefined || seconds === '' || !Number.isFinite(value) || value < 0
    ? undefined
    : value * 1_000;
}
