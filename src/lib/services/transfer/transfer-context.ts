import type {Clock} from '../../domain/clock.js';
import type {HttpClient} from '../http/http-client.js';
import type {Outage} from '../http/outage.js';

/** Where the service is and how its callers identify themselves. */
export interface ServiceAddress {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** How a client sends its requests, transfers included. */
export interface Transport {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** How long failures are tried again without progress, in milliseconds. */
  readonly retryMs: number;
  /** After so long without a byte in either direction a connection is taken for dead, in milliseconds. */
  readonly silenceMs: number;
  /** How long an answer to what was sent may take, in milliseconds; of a call, all of it. */
  readonly answerMs: number;
  /** Ends all calls when none is answered for long; undefined when each goes on for its `retryMs`. */
  readonly outage?: Outage;
}

/** The same, with the address of the service. */
export interface TransferContext extends Transport {
  readonly address: ServiceAddress;
  /** Bytes of one request of an upload, a multiple of 256 KiB; what is best for the service when undefined. */
  readonly chunkBytes?: number;
}
