/**
 * Calls the service through Google's SDK and hands on what it answered, word for word.
 *
 * The SDK's own conversion drops what a batch job's error, counts and input file say, so each reply is kept as it
 * comes, and the SDK's reading of it is not used. The SDK is loaded with the first call.
 */
import {AsyncLocalStorage} from 'node:async_hooks';
import type {GoogleGenAI} from '@google/genai';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import {Patience, retrying, throwIfAborted, type CallOptions} from './retry.js';
import {
  malformedReplyError,
  networkError,
  replyError,
  type CallIdentity,
  type RawReply,
} from './service-error.js';

/** Where the service is and how its callers identify themselves. */
export interface ServiceAddress {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** How much of time and of bytes calls may take. */
export interface CallLimits {
  readonly clock: Clock;
  /** How long failures are waited out, in milliseconds. */
  readonly patienceMs: number;
  /** From the start of one request to the end of its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Of one answer. */
  readonly maxBodyBytes: number;
}

/** One call and how it is made. */
export interface SdkCall extends CallIdentity {
  readonly signal?: AbortSignal;
  readonly make: (ai: GoogleGenAI) => Promise<unknown>;
}

/** What happened to the one request of a call. */
interface Exchange {
  readonly signal: AbortSignal | undefined;
  isStarted: boolean;
  reply?: RawReply;
  failure?: unknown;
}

/** The SDK, with its network taken over. */
export class SdkCalls {
  readonly #address: ServiceAddress;
  readonly #limits: CallLimits;
  readonly #exchanges = new AsyncLocalStorage<Exchange>();
  #ai: Promise<GoogleGenAI> | undefined;

  constructor(address: ServiceAddress, limits: CallLimits) {
    this.#address = address;
    this.#limits = limits;
  }

  /**
   * Makes a call that may be made any number of times, until it works or its failures are final or last too long.
   *
   * @returns the body of the successful answer.
   * @throws GembatchError as `once` does.
   */
  patiently(call: SdkCall, options: CallOptions): Promise<string> {
    const {clock, patienceMs} = this.#limits;
    const signal = options.signal === undefined ? {} : {signal: options.signal};
    return retrying(() => this.once({...call, ...signal}), new Patience(clock, patienceMs, options));
  }

  /**
   * Makes a call with one request and returns the body of the successful answer.
   *
   * @throws GembatchError as `service-error.ts` sorts it; `INTERRUPTED` when the signal ended it.
   */
  async once({signal, make, ...identity}: SdkCall): Promise<string> {
    throwIfAborted(signal);
    this.#ai ??= this.#load();
    const ai = await this.#ai;
    const exchange: Exchange = {signal, isStarted: false};
    let thrown: unknown;
    try {
      await this.#exchanges.run(exchange, () => make(ai));
    } catch (error) {
      // Often about the reply, which says more than the SDK makes of it.
      thrown = error;
    }
    if (exchange.reply === undefined) {
      if (!exchange.isStarted) throw thrown;
      throwIfAborted(signal);
      throw exchange.failure instanceof GembatchError
        ? exchange.failure
        : networkError(exchange.failure ?? thrown, identity.name);
    }
    if (exchange.reply.status < 200 || exchange.reply.status >= 300)
      throw replyError(exchange.reply, identity, this.#address.apiKey);
    return exchange.reply.body;
  }

  async #load(): Promise<GoogleGenAI> {
    const {GoogleGenAI} = await import('@google/genai');
    return new GoogleGenAI({
      apiKey: this.#address.apiKey,
      vertexai: false,
      apiVersion: 'v1beta',
      // Without `retryOptions` the SDK sends every request once.
      httpOptions: {baseUrl: this.#address.baseUrl, fetch: (input, init) => this.#fetch(input, init)},
    });
  }

  async #fetch(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const exchange = this.#exchanges.getStore();
    if (exchange === undefined) throw new Error('A request outside of a call.');
    exchange.isStarted = true;
    const timeout = AbortSignal.timeout(this.#limits.timeoutMs);
    try {
      const response = await fetch(input, {
        ...init,
        // A redirect would carry the API key to another host.
        redirect: 'manual',
        signal: exchange.signal === undefined ? timeout : AbortSignal.any([exchange.signal, timeout]),
      });
      const body = await readBounded(response, this.#limits.maxBodyBytes);
      exchange.reply = {status: response.status, headers: response.headers, body};
      return new Response(body === '' && response.status === 204 ? null : body, {
        status: response.status,
        headers: {'content-type': 'application/json'},
      });
    } catch (error) {
      exchange.failure = timeout.aborted ? timeoutError(this.#limits.timeoutMs) : error;
      throw error;
    }
  }
}

function timeoutError(timeoutMs: number): Error {
  return new Error(`nothing complete within ${timeoutMs / 1000} s`);
}

/** @throws GembatchError `SERVICE` for an answer without end. */
async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw malformedReplyError('The call', `it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
