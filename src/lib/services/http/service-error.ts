/**
 * Turns what the service, or the way to it, says into the one error class.
 *
 * Status and reason decide. Message text is looked at in two places where the service gives nothing else to go by: a
 * missing file (403) and a refused MIME type (400).
 */
import {GembatchError, type ErrorCode} from '../../domain/errors.js';
import {isObject} from '../../domain/json/json-object.js';
import {NotConnectedError, ProxyError} from './connection/connection-error.js';

/** What a call is about; the same status means different things for a model, a file and a batch job. */
export type Subject = 'model' | 'file' | 'batch' | 'create' | 'count' | 'list' | 'upload';

/** A call as its errors speak of it. */
export interface CallIdentity {
  /** What it is called in messages. */
  readonly name: string;
  readonly subject: Subject;
  /** Resource that it is about, such as `files/<id>`. */
  readonly resource?: string;
}

/** An answer of the service as it came, but for the API key, which is left out of its body. */
export interface RawReply {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The part of a Google API error body that is of use. https://cloud.google.com/apis/design/errors#error_model */
interface ServiceStatus {
  readonly message: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly retryDelayMs: number | undefined;
  /** Whether it has the form of Google's errors; a page of a proxy has not. */
  readonly isOfService: boolean;
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

/** What a message of the service may have; the longest that were seen have some hundred characters. */
const MAX_MESSAGE_CHARACTERS = 2_000;

/** Names of `google.rpc.Code` and reasons of `google.rpc.ErrorInfo`; what looks otherwise is none. */
const NAME = /^[A-Z][A-Z0-9_]{0,62}$/u;

/** Statuses after which the same call may work a moment later. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504]);

/**
 * Statuses that prove that a create had no effect: what they name is checked before anything is made, by the service or
 * by a proxy that then passes nothing on. Of the request's form: 400, 405, 411, 413, 414, 415, 431. Of the caller: 401,
 * 403, 407. Of the model: 404. Of the quota: 429.
 *
 * Every other status leaves it open, 4xx too: 408 and 499 end the waiting, not the work; 409 may be the echo of a
 * create that a proxy has repeated; and an unforeseen status may mean anything. To doubt costs a
 * look-up, to be wrong costs a second payment.
 */
const REFUSAL_STATUSES: ReadonlySet<unknown> = new Set([
  400, 401, 403, 404, 405, 407, 411, 413, 414, 415, 429, 431,
]);

/** Why a certificate is not trusted. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_ERRORS: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const CODES_OF_404 = {
  model: 'MODEL_UNAVAILABLE',
  create: 'MODEL_UNAVAILABLE',
  count: 'MODEL_UNAVAILABLE',
  file: 'NOT_FOUND',
  batch: 'NOT_FOUND',
  list: 'REFUSED',
  upload: 'REFUSED',
} as const satisfies Record<Subject, ErrorCode>;

/** Calls that create something: where the service refuses another one, nobody needs to hear that nothing was created. */
const CREATING: ReadonlySet<Subject> = new Set(['create', 'upload']);

const CORRECT = 'Correct what the service names and run the same command again.';

/**
 * The error for an answer that is no success. `details.status` is the HTTP status, `details.retryDelayMs` the pause that
 * the service asks for, `details.reason` its reason; `details.foreign` is true when it has not the form of Google's errors.
 */
export function replyError(reply: RawReply, call: CallIdentity): GembatchError {
  const said = serviceStatus(reply);
  const text = said.message === '' ? '' : `: ${said.message}`;
  const status = said.status === '' ? `${reply.status}` : `${reply.status} ${said.status}`;
  const code = codeOf(reply.status, said, call);
  return new GembatchError(code, `${call.name}: the service answered ${status}${text}`, {
    ...(code === 'REFUSED' && !CREATING.has(call.subject) ? {suggestions: [CORRECT]} : {}),
    details: {
      status: reply.status,
      ...(said.isOfService ? {} : {foreign: true}),
      ...(said.retryDelayMs === undefined ? {} : {retryDelayMs: said.retryDelayMs}),
      ...(said.reason === undefined ? {} : {reason: said.reason}),
    },
  });
}

/** The error for a success that cannot be understood; asking again would not help. */
export function malformedReplyError(name: string, what: string): GembatchError {
  return new GembatchError('SERVICE', `${name}: unexpected answer from the service (${what}).`, {
    details: {malformed: true},
  });
}

/** The error for a transfer that ended too early, or at an unknown place; it can go on. */
export function brokenTransferError(name: string, what: string): GembatchError {
  return new GembatchError('SERVICE', `${name}: the transfer broke off (${what}).`);
}

/** Why a connection was not made, in place of the system's codes. */
const NOT_CONNECTED_WORDS: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'DNS lookup failed',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there speaks no TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there speaks no TLS',
  ETIMEDOUT: 'timed out',
};

/**
 * The error for a call that got no answer. `details.sent` is false when it is certain that nothing reached the service,
 * `details.certificate` says why the certificate of the server is not trusted, `details.proxy` is the proxy that was
 * used, `details.refused` is true when it refuses this client.
 */
export function networkError(
  cause: unknown,
  {name, serviceName, proxy}: {name: string; serviceName: string; proxy: string | undefined},
): GembatchError {
  const sent = !(cause instanceof NotConnectedError);
  const proxyError = cause instanceof Error && cause.cause instanceof ProxyError ? cause.cause : undefined;
  const text = proxyError?.message ?? networkText(cause);
  if (!sent && CERTIFICATE_ERRORS.has(text)) return certificateError(cause, {name, why: text});
  const way = proxy === undefined || proxyError !== undefined ? '' : `, through the proxy ${proxy}`;
  const message = sent
    ? `${name}: no answer from the service (${text}${way})`
    : `Cannot reach ${serviceName} (${NOT_CONNECTED_WORDS[text] ?? text}${way})`;
  return new GembatchError('SERVICE', message, {
    cause,
    details: {
      sent,
      ...(proxy === undefined ? {} : {proxy}),
      ...(proxyError?.isFinal === true ? {refused: true} : {}),
    },
    ...(proxyError?.isFinal === true
      ? {
          suggestions: [
            'Check HTTPS_PROXY: a user name and a password go before the host, http://USER:PASSWORD@HOST:PORT.',
          ],
        }
      : {}),
  });
}

/** A company's proxy that looks into secure connections signs them anew; to ask again would not help. */
function certificateError(cause: unknown, {name, why}: {name: string; why: string}): GembatchError {
  return new GembatchError(
    'SERVICE',
    `${name}: the server certificate is not trusted (${why}); nothing was sent.`,
    {
      cause,
      details: {sent: false, certificate: why},
      suggestions: [
        'If your network inspects TLS connections, name its certificate: export NODE_EXTRA_CA_CERTS=FILE.pem',
        'Otherwise check the clock of this computer, and GOOGLE_GEMINI_BASE_URL if it is set.',
      ],
    },
  );
}

/** Whether the same call may work later. */
export function isTransient(error: GembatchError): boolean {
  if (error.code === 'QUOTA') return true;
  const {status, malformed, certificate, refused} = error.details;
  if (error.code !== 'SERVICE' || malformed === true || certificate !== undefined || refused === true)
    return false;
  return typeof status !== 'number' || TRANSIENT_STATUSES.has(status);
}

/** Whether a create that ended with this error certainly made nothing. A page of a proxy proves nothing. */
export function isCertainRefusal(error: GembatchError): boolean {
  const {sent, status, foreign} = error.details;
  return sent === false || (foreign !== true && REFUSAL_STATUSES.has(status));
}

/** Whether the MIME type of an upload was refused; another may be taken. */
export function isMimeTypeRefusal(error: unknown): boolean {
  return (
    error instanceof GembatchError &&
    error.code === 'REFUSED' &&
    error.details['status'] === 400 &&
    /\bMIME type/iu.test(error.message)
  );
}

/**
 * The HTTP status of an error inside a body that came with a success; undefined when there is none. Uploads have been
 * answered like that (`googleapis/python-genai` issues 1547 and 1590).
 */
export function errorStatusIn(body: string): number | undefined {
  const error = objectAt(parse(body), 'error');
  if (error === undefined) return undefined;
  const {code} = error;
  return typeof code === 'number' && code >= 400 ? code : 500;
}

function codeOf(status: number, said: ServiceStatus, call: CallIdentity): ErrorCode {
  if (status === 401 || (said.reason !== undefined && KEY_REASONS.has(said.reason))) return 'KEY_REFUSED';
  if (status === 403) return codeOf403(said, call);
  if (status === 404) return CODES_OF_404[call.subject];
  if (status === 429) return 'QUOTA';
  return status >= 400 && status < 500 && !TRANSIENT_STATUSES.has(status) ? 'REFUSED' : 'SERVICE';
}

/**
 * A file that is gone, or another project's, is answered with 403, and so is a key that may not do this; only the
 * message tells: the one about a file names it. Without a file or a job to blame the key is at fault.
 */
function codeOf403({message}: ServiceStatus, {subject, resource}: CallIdentity): ErrorCode {
  switch (subject) {
    case 'file':
      return resource !== undefined && message.includes(idOf(resource)) ? 'NOT_FOUND' : 'REFUSED';
    case 'batch':
    case 'create':
    case 'count':
      return 'REFUSED';
    case 'model':
    case 'list':
    case 'upload':
      return 'KEY_REFUSED';
  }
}

function idOf(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}

function serviceStatus({body, headers}: RawReply): ServiceStatus {
  const error = objectAt(parse(body), 'error') ?? {};
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const reason = details.map((detail) => nameOf(detail['reason'])).find((name) => name !== '');
  const delay = details.map((detail) => detail['retryDelay']).find((value) => typeof value === 'string');
  return {
    message: messageIn(error),
    status: nameOf(error['status']),
    reason,
    isOfService: typeof error['code'] === 'number',
    retryDelayMs: secondsToMs(delay?.replace(/s$/u, '')) ?? secondsToMs(headers.get('retry-after')),
  };
}

/** What an error of the service says, on one line and no longer than a person reads; empty when it says nothing. */
export function messageIn(error: Readonly<Record<string, unknown>>): string {
  const text = textOf(error['message']).replaceAll(/\s*[\n\r\u2028\u2029]\s*/gu, ' ');
  return text.length > MAX_MESSAGE_CHARACTERS ? `${text.slice(0, MAX_MESSAGE_CHARACTERS)} …` : text;
}

function nameOf(value: unknown): string {
  const text = textOf(value);
  return NAME.test(text) ? text : '';
}

function networkText(cause: unknown): string {
  const {code, cause: inner, message} = fieldsOf(cause);
  if (code === 'UND_ERR_SOCKET') return 'the connection was closed';
  // undici's other codes are for programs.
  if (typeof code === 'string' && !code.startsWith('UND_ERR_')) return code;
  return inner === undefined ? textOf(message) : networkText(inner);
}

function fieldsOf(value: unknown): {code?: unknown; cause?: unknown; message?: unknown} {
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

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function secondsToMs(seconds: string | undefined): number | undefined {
  const value = Number(seconds);
  return seconds === undefined || seconds === '' || !Number.isFinite(value) || value < 0
    ? undefined
    : value * 1_000;
}
