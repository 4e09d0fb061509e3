import type {GoogleGenAI, HttpOptions} from '@google/genai/web';
import type {CallOptions} from '../batch-service.js';
import {RetryBudget, retrying, throwIfAborted} from '../http/retry-budget.js';
import {ServiceClock} from '../http/service-clock.js';
import {replyError, type CallIdentity, type RawReply} from '../http/service-error.js';
import type {TransferContext} from '../transfer/transfer-context.js';

/** What each call of the SDK takes as part of its `config`. */
export interface SdkConfig {
  readonly httpOptions: HttpOptions;
}

/** One call and how it is made. */
export interface SdkCall extends CallIdentity {
  readonly signal?: AbortSignal;
  /** Takes a new connection; see `HttpRequest`. */
  readonly isAlone?: boolean;
  readonly make: (ai: GoogleGenAI, config: SdkConfig) => Promise<unknown>;
}

/**
 * Calls the service through Google's SDK. The SDK drops what a batch job's error, counts and input file say, so each call
 * keeps the answer as it came. The SDK is loaded with the first call.
 */
export class SdkCalls {
  readonly serviceClock: ServiceClock;
  readonly #context: TransferContext;
  #ai: Promise<GoogleGenAI> | undefined;

  constructor(context: TransferContext) {
    this.#context = context;
    this.serviceClock = new ServiceClock(context.clock);
  }

  /**
   * Makes a call that may be made any number of times, until it works or its failures are final or last too long.
   *
   * @returns the body of the successful answer.
   * @throws GembatchError as `once` does.
   */
  async withRetries(call: SdkCall, options: CallOptions): Promise<string> {
    const signal = options.signal === undefined ? {} : {signal: options.signal};
    const budget = new RetryBudget(this.#context, options);
    const body = await retrying(() => this.once({...call, ...signal}), budget);
    budget.progressed();
    return body;
  }

  /**
   * Makes a call with one request and returns the body of the successful answer.
   *
   * @throws GembatchError as `service-error.ts` sorts it; `INTERRUPTED` when the signal ended it.
   */
  async once({make, ...call}: SdkCall): Promise<string> {
    throwIfAborted(call.signal);
    this.#ai ??= this.#load();
    const ai = await this.#ai;
    let sending: Promise<RawReply> | undefined;
    const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
      if (sending !== undefined)
        throw new Error('The SDK sends a request again, which only gembatch may do.');
      sending = this.#send(new URL(String(url)), init, call);
      return responseOf(await sending);
    };
    try {
      await make(ai, {httpOptions: {fetch}});
    } catch (error) {
      // The SDK's own error for such an answer is not used.
      if (sending === undefined) throw error;
    }
    if (sending === undefined) throw new Error(`${call.name}: the SDK sent nothing.`);
    const reply = await sending;
    this.serviceClock.read(reply);
    if (reply.status < 200 || reply.status >= 300) throw replyError(reply, call);
    return reply.body;
  }

  #send(
    url: URL,
    init: RequestInit,
    {name, isAlone = false, signal}: Omit<SdkCall, 'make'>,
  ): Promise<RawReply> {
    const {http, outage} = this.#context;
    const answerMs = Math.min(this.#context.answerMs, outage?.leftMs ?? Infinity);
    return http.sendWhole({
      name,
      method: init.method ?? 'GET',
      url,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === 'string' ? {body: Buffer.from(init.body)} : {}),
      silenceMs: answerMs,
      answerMs,
      totalMs: answerMs,
      isAlone,
      ...(signal === undefined ? {} : {signal}),
    });
  }

  /** The SDK's form for browsers takes everything from its caller; the one for Node reads the environment and warns of it. */
  async #load(): Promise<GoogleGenAI> {
    const {apiKey, baseUrl} = this.#context.address;
    const {GoogleGenAI} = await import('@google/genai/web');
    // Without `retryOptions` the SDK sends every request once.
    return new GoogleGenAI({apiKey, vertexai: false, apiVersion: 'v1beta', httpOptions: {baseUrl}});
  }
}

/** Statuses of answers that have no body: `Response` takes none with them. */
const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf({status, headers, body}: RawReply): Response {
  return new Response(STATUSES_WITHOUT_BODY.has(status) ? null : body, {status, headers: [...headers]});
}
