import type {Clock} from '../../domain/clock.js';

/** Where the service is and how its callers identify themselves. */
export interface ServiceAddress {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** What an upload or a download needs to know besides its file. */
export interface TransferContext {
  readonly address: ServiceAddress;
  readonly clock: Clock;
  /** How long failures are waited out without progress, in milliseconds. */
  readonly patienceMs: number;
  /** After so long without a byte in either direction a connection is taken for dead, in milliseconds. */
  readonly silenceMs: number;
  /** How long an answer to what was sent may take, in milliseconds; see `HttpRequest`. */
  readonly answerMs: number;
}
