import type {UsedTokens} from '../jobs/rows/used-tokens.js';
import type {OperationName} from './faults.js';

/** A create that took effect, whether anybody heard of it or not. */
export interface PaidJob {
  readonly name: string;
  readonly display_name: string;
  readonly model: string;
  readonly input_file_name: string | null;
  readonly request_count: number;
  /** That it enqueued: four bytes of its requests count as one. */
  readonly tokens: number;
  /** Of the request file, 64 lower-case hex digits; null for a job with its requests inline. */
  readonly sha256: string | null;
  readonly create_time: string;
  /** What the create said about web hooks; the emulator calls none. */
  readonly webhook_config: unknown;
  /** An int64 as text, as the service has it. */
  readonly priority: string | null;
  /** What its answers used, by the model that gave them; null until it is over. */
  readonly used: Readonly<Record<string, UsedTokens>> | null;
}

export interface LoggedRequest {
  readonly operation: OperationName;
  readonly method: string;
  readonly path: string;
  /** Real time in milliseconds since the emulator started. */
  readonly at_ms: number;
  /** HTTP status of the answer; null while there is none, and when the connection was cut before it. */
  status: number | null;
  /** Bytes of the body that were taken. */
  request_bytes: number;
  /** Bytes of the answer's body that were sent. */
  response_bytes: number;
}

/** The most that was open, that is pending or running, at once. */
export interface OpenPeaks {
  jobs: number;
  /** By model, `models/<id>`. */
  readonly tokens: Record<string, number>;
}

/** What the emulator remembers of what was asked of it. */
export class CallLog {
  readonly paid: PaidJob[] = [];
  readonly requests: LoggedRequest[] = [];
  /** The most calls of one kind that were under way at once. */
  readonly peaks = new Map<OperationName, number>();
  openPeaks: OpenPeaks = {jobs: 0, tokens: {}};
  readonly #inFlight = new Map<OperationName, number>();
  readonly #startedMs = performance.now();

  begin(operation: OperationName, method: string, path: string): LoggedRequest {
    const at_ms = performance.now() - this.#startedMs;
    const request = {operation, method, path, at_ms, status: null, request_bytes: 0, response_bytes: 0};
    this.requests.push(request);
    const running = (this.#inFlight.get(operation) ?? 0) + 1;
    this.#inFlight.set(operation, running);
    this.peaks.set(operation, Math.max(running, this.peaks.get(operation) ?? 0));
    return request;
  }

  end({operation}: LoggedRequest): void {
    this.#inFlight.set(operation, (this.#inFlight.get(operation) ?? 1) - 1);
  }

  /** Tokens of the creates after this time, in milliseconds since the Unix epoch. */
  tokensPaidSince(sinceMs: number): number {
    const recent = this.paid.filter(({create_time: at}) => Date.parse(at) > sinceMs);
    return recent.reduce((sum, {tokens}) => sum + tokens, 0);
  }

  /** Notes what is open after a create. */
  noteOpen(jobs: number, {model, tokens}: {readonly model: string; readonly tokens: number}): void {
    const {openPeaks: peaks} = this;
    peaks.jobs = Math.max(peaks.jobs, jobs);
    peaks.tokens[model] = Math.max(peaks.tokens[model] ?? 0, tokens);
  }

  /** How many calls of each kind there were. */
  counts(): Partial<Record<OperationName, number>> {
    const counts: Partial<Record<OperationName, number>> = {};
    for (const {operation} of this.requests) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  clear(): void {
    this.paid.length = 0;
    this.requests.length = 0;
    this.peaks.clear();
    this.openPeaks = {jobs: 0, tokens: {}};
  }
}
