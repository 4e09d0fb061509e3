/**
 * Calls the service through Google's SDK and hands on what it answered, word for word.
 *
 * The SDK's own conversion drops what a batch job's error, counts and input file say, so each reply is kept as it
 * comes, and the SDK's reading of it is not used. The SDK is loaded with the first call.
 */
import {AsyncLocalStorage} from 'node:async_hooks';
import type {GoogleGenAI} from '@google/genai';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {ServiceClock} from '../service-clock.js';
import {exchange} from './http-exchange.js';
import {NotConnectedError} from './not-connected-error.js';
import type {CallOptions} from '../batch-service.js';
import {Patience, retrying, throwIfAborted} from './retry.js';
import {networkError, replyError, type CallIdentity, type RawReply} from './service-error.js';
import type {ServiceAddress} from './transfer-context.js';

/** How much of time and of bytes calls may take. */
export interface CallLimits {
  readonly clock: Clock;
  /** How long failures are waited out, in milliseconds. */
  readonly patienceMs: number;
  /** From the start of one request to the end of its answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** One call and how it is made. */
export interface SdkCall extends CallIdentity {
  readonly signal?: AbortSignal;
  /** Takes a new connection; see `HttpRequest`. */
  readonly isAlone?: boolean;
  readonly make: (ai: GoogleGenAI) => Promise<unknown>;
}

/** A call that is being made, and what happened to its one request. */
interface UnderWay {
  readonly signal: AbortSignal | undefined;
  readonly isAlone: boolean;
  isStarted: boolean;
  reply?: RawReply;
  failure?: unknown;
}

/** The SDK, with its network taken over. */
export class SdkCalls {
  readonly serviceClock: ServiceClock;
  readonly #address: ServiceAddress;
  readonly #limits: CallLimits;
  readonly #underWay = new AsyncLocalStorage<UnderWay>();
  #ai: Promise<GoogleGenAI> | undefined;

  constructor(address: ServiceAddress, limits: CallLimits) {
    this.#address = address;
    this.#limits = limits;
    this.serviceClock = new ServiceClock(limits.clock);
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
  async once({signal, isAlone = false, make, ...identity}: SdkCall): Promise<string> {
    throwIfAborted(signal);
    this.#ai ??= this.#load();
    const ai = await this.#ai;
    const underWay: UnderWay = {signal, isAlone, isStarted: false};
    try {
      await this.#underWay.run(underWay, () => make(ai));
    } catch (error) {
      if (!underWay.isStarted) throw error;
    }
    const {reply, failure} = underWay;
    if (reply === undefined) {
      throwIfAborted(signal);
      throw failure instanceof GembatchError ? failure : networkError(failure, identity.name);
    }
    this.serviceClock.read(reply);
    if (reply.status < 200 || reply.status >= 300) throw replyError(reply, identity);
    return reply.body;
  }

  async #load(): Promise<GoogleGenAI> {
    const {GoogleGenAI} = await import('@google/genai');
    return quietly(
      () =>
        new GoogleGenAI({
          apiKey: this.#address.apiKey,
          vertexai: false,
          apiVersion: 'v1beta',
          // Without `retryOptions` the SDK sends every request once.
          httpOptions: {baseUrl: this.#address.baseUrl, fetch: (input, init) => this.#fetch(input, init)},
        }),
    );
  }

  /** In place of the `fetch` that the SDK would use. */
  async #fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const underWay = this.#underWay.getStore();
    if (underWay === undefined) throw new Error('A request outside of a call.');
    const timeout = AbortSignal.timeout(this.#limits.timeoutMs);
    underWay.isStarted = true;
    try {
      const reply = await exchange({
        method: init.method ?? 'GET',
        url: new URL(typeof input === 'string' || input instanceof URL ? input : input.url),
        headers: headersOf(init),
        ...(typeof init.body === 'string' ? {body: Buffer.from(init.body)} : {}),
        silenceMs: this.#limits.timeoutMs,
        answerMs: this.#limits.timeoutMs,
        connection: underWay.isAlone ? 'new' : 'kept',
        signal: underWay.signal === undefined ? timeout : AbortSignal.any([underWay.signal, timeout]),
      });
      underWay.reply = reply;
      return EMPTY_ANSWER;
    } catch (error) {
      underWay.failure = timeout.aborted ? timeoutError(this.#limits.timeoutMs, error) : error;
      throw error;
    }
  }
}

/**
 * All that the SDK looks at of an answer: it is content with an empty one, and what was answered is read elsewhere. No
 * `Response` and no `Headers` of Node are made here or of what comes, because all of Node's fetch is loaded with the first.
 */
const EMPTY_ANSWER = {
  ok: true,
  status: 200,
  headers: new Map<string, string>(),
  json: () => Promise.resolve({}),
} as unknown as Response;

function headersOf({headers = {}}: RequestInit): Record<string, string> {
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  return Object.fromEntries(pairs as Iterable<readonly [string, string]>);
}

/** The SDK warns on the terminal of environment variables that it then does not use. */
function quietly<T>(make: () => T): T {
  /* oxlint-disable no-console -- it has no other switch, and nothing else runs in the meantime. */
  const {warn} = console;
  console.warn = () => undefined;
  try {
    return make();
  } finally {
    console.warn = warn;
  }
  /* oxlint-enable no-console */
}

function timeoutError(timeoutMs: number, error: unknown): Error {
  const text = `nothing complete within ${timeoutMs / 1000} s`;
  return error instanceof NotConnectedError ? new NotConnectedError(text) : new Error(text);
}
