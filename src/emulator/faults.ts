/**
 * The closed list of faults that the emulator can be asked for. Each has hurt someone.
 */
import {seededRandom} from './random.js';
import {quotaExceeded, ServiceError} from './service-error.js';

/** The calls that faults can be attached to, named as the service names them. */
export type OperationName =
  | 'upload.start'
  | 'upload.chunk'
  | 'upload.query'
  | 'upload.cancel'
  | 'files.get'
  | 'files.list'
  | 'files.delete'
  | 'files.download'
  | 'models.get'
  | 'models.list'
  | 'batches.create'
  | 'batches.get'
  | 'batches.list'
  | 'batches.cancel'
  | 'batches.delete';

/** What goes wrong. `before`: the call has no effect. `after`: it has its full effect, and nobody hears of it. */
export type Fault =
  /** Any answer in place of the call. A text body is sent as it is, anything else as JSON. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 429, with `RetryInfo` when a delay is given. */
  | {readonly kind: 'quota'; readonly retry_delay_seconds?: number}
  | {readonly kind: 'reset_before'}
  | {readonly kind: 'reset_after'}
  | {readonly kind: 'error_after'; readonly status: number}
  | {readonly kind: 'hang_before'}
  | {readonly kind: 'hang_after'}
  /** The call works, after so many real milliseconds. */
  | {readonly kind: 'delay'; readonly ms: number}
  /** The call works, and the answer is this text. */
  | {
      readonly kind: 'body_after';
      readonly text: string;
      readonly status?: number;
      readonly content_type?: string;
    }
  /** The call works, and the answer never ends. */
  | {readonly kind: 'endless_body'}
  /** The connection breaks after so many bytes of an upload or download; the service keeps what it got. */
  | {readonly kind: 'drop_after_bytes'; readonly bytes: number}
  /** An upload or download is slowed down. */
  | {readonly kind: 'bandwidth'; readonly bytes_per_second: number};

/** Which calls a fault meets. */
export interface FaultRule {
  readonly on: OperationName;
  readonly fault: Fault;
  /** Only calls whose path, or whose display name in the body, contains this. */
  readonly match?: string;
  /** Lets so many calls that fit go by first. */
  readonly skip?: number;
  /** How many calls it meets; default 1, null for all. */
  readonly times?: number | null;
  /** Meets a call that fits only with this probability. */
  readonly probability?: number;
}

interface ActiveRule extends FaultRule {
  skipLeft: number;
  timesLeft: number;
}

/** The faults that are asked for, in the order in which they were. */
export class Faults {
  #rules: ActiveRule[] = [];
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  add(rule: FaultRule): void {
    const times = rule.times === undefined ? 1 : rule.times;
    this.#rules.push({...rule, skipLeft: rule.skip ?? 0, timesLeft: times ?? Number.POSITIVE_INFINITY});
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault that meets this call; it is used up by that. */
  take(on: OperationName, subject: string): Fault | undefined {
    for (const rule of this.#rules) {
      if (rule.on !== on || rule.timesLeft <= 0) continue;
      if (rule.match !== undefined && !subject.includes(rule.match)) continue;
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue;
      if (rule.skipLeft > 0) {
        rule.skipLeft -= 1;
        continue;
      }
      rule.timesLeft -= 1;
      return rule.fault;
    }
    return undefined;
  }
}

/** The answer of a fault that answers in place of the call. */
export function answerBefore(fault: Fault): ServiceError | undefined {
  if (fault.kind === 'quota') return quotaExceeded(fault.retry_delay_seconds);
  if (fault.kind === 'status' && fault.body === undefined)
    return new ServiceError(fault.status, 'An injected fault.');
  return undefined;
}
