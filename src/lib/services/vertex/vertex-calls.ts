import {GembatchError} from '../../domain/errors.js';
import type {CallOptions} from '../batch-service.js';
import {RetryBudget, retrying, throwIfAborted} from '../http/retry-budget.js';
import {ServiceClock} from '../http/service-clock.js';
import {replyError, type CallIdentity, type RawReply} from '../http/service-error.js';
import type {Transport} from '../transfer/transfer-context.js';

/** The headers by which a caller identifies itself, an access token as a rule. `signal` ends the wait for them. */
export type Authorize = (signal?: AbortSignal) => Promise<Readonly<Record<string, string>>>;

/** A call of Vertex AI or Cloud Storage. */
export interface CloudCall extends CallIdentity {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** A stream comes with its `content-length`. */
  readonly bytes?: AsyncIterable<Buffer>;
  /** Takes a new connection; see `HttpRequest`. */
  readonly isAlone?: boolean;
  readonly signal?: AbortSignal;
  /** Statuses that are no errors, besides those of success. */
  readonly expected?: readonly number[];
}

/** Sends calls with the caller's credentials. */
export class CloudCalls {
  readonly serviceClock: ServiceClock;
  readonly transport: Transport;
  readonly authorize: Authorize;

  constructor(transport: Transport, authorize: Authorize) {
    this.transport = transport;
    this.authorize = authorize;
    this.serviceClock = new ServiceClock(transport.clock);
  }

  /** Makes a call that may be made any number of times, until it works or its failures are final or last too long. */
  async withRetries(call: CloudCall, options: CallOptions): Promise<RawReply> {
    const signal = options.signal === undefined ? {} : {signal: options.signal};
    const budget = new RetryBudget(this.transport, options);
    const reply = await retrying(() => this.once({...call, ...signal}), budget);
    budget.progressed();
    return reply;
  }

  /**
   * Makes a call with one request.
   *
   * @throws GembatchError as `service-error.ts` sorts it, with what to do about it on Google Cloud; `INTERRUPTED`.
   */
  async once(call: CloudCall): Promise<RawReply> {
    throwIfAborted(call.signal);
    return this.send(call, await this.authorize(call.signal));
  }

  /** As `once`, with an authorization that is at hand. */
  async send(call: CloudCall, authorization: Readonly<Record<string, string>>): Promise<RawReply> {
    const {http, silenceMs, outage} = this.transport;
    const answerMs = Math.min(this.transport.answerMs, outage?.leftMs ?? Infinity);
    const {name, method, url, headers = {}, json, bytes, isAlone = false, signal, expected = []} = call;
    const body = json === undefined ? bytes : Buffer.from(JSON.stringify(json));
    const reply = await http.sendWhole({
      name,
      method,
      url,
      headers: {
        ...authorization,
        ...(json === undefined ? {} : {'content-type': 'application/json'}),
        ...headers,
      },
      ...(body === undefined ? {} : {body}),
      silenceMs: bytes === undefined ? answerMs : silenceMs,
      answerMs,
      ...(bytes === undefined ? {totalMs: answerMs} : {}),
      isAlone,
      ...(signal === undefined ? {} : {signal}),
    });
    this.serviceClock.read(reply);
    if ((reply.status >= 200 && reply.status < 300) || expected.includes(reply.status)) return reply;
    throw cloudError(replyError(reply, call), call);
  }
}

/** What Vertex AI says of a model that it does not have for batch jobs (`googleapis/python-genai` issue 704). */
const UNSUPPORTED_MODEL = /\bpublisher model\b/iu;

/** The error with what to do about it on Google Cloud. */
function cloudError(error: GembatchError, {subject}: CallIdentity): GembatchError {
  const {details, message, cause} = error;
  const {status} = details;
  const isModel = status === 400 && subject === 'create' && UNSUPPORTED_MODEL.test(message);
  const code = isModel ? 'MODEL_UNAVAILABLE' : error.code;
  return new GembatchError(code, message, {
    details,
    cause,
    suggestions: suggestionsFor(error, isModel) ?? error.suggestions,
  });
}

function suggestionsFor({code, details: {status}}: GembatchError, isModel: boolean): string[] | undefined {
  if (isModel || code === 'MODEL_UNAVAILABLE')
    return [
      'Name a model that Vertex AI has: --model NAME',
      'Newer models are at GOOGLE_CLOUD_LOCATION=global only.',
    ];
  if (status === 401)
    return [
      'Sign in again: gcloud auth application-default login',
      'Or check GOOGLE_APPLICATION_CREDENTIALS.',
    ];
  if (status === 403)
    return [
      'Your account needs roles/aiplatform.user on the project and roles/storage.objectUser on the bucket, and so does the Vertex AI service agent on the bucket.',
      'If Vertex AI was only just switched on (gcloud services enable aiplatform.googleapis.com), wait some minutes and run the same command again.',
    ];
  return undefined;
}
