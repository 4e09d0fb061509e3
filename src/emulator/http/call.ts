import type {IncomingMessage} from 'node:http';
import type {CallFaults} from '../control/faults.js';
import type {Json} from './json.js';
import type {LoggedRequest} from '../control/call-log.js';
import type {ServiceState} from '../service-state.js';

/** A call of the imitated API on its way through the emulator. */
export interface Call {
  readonly service: ServiceState;
  readonly request: IncomingMessage;
  readonly url: URL;
  /** What the path names: a model, a file, a batch job, without its collection. */
  readonly id: string;
  /** `v1beta` */
  readonly version: string;
  readonly faults: CallFaults;
  readonly logged: LoggedRequest;
  /** The body, read as JSON; an empty object when there is none. */
  readonly json: () => Promise<Json>;
}

/** What is answered. `stream` is sent in place of `json`. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly stream?: AsyncIterable<Uint8Array>;
}

export type Route = (call: Call) => Promise<Answer>;
