/** The closed list of faults that the emulator can be asked for. Each has hurt someone. */
import {seededRandom} from './random.js';

/** The calls that faults can be attached to, named as the service names them. */
export const OPERATIONS = [
  'upload.start',
  'upload.chunk',
  'upload.query',
  'upload.cancel',
  'files.get',
  'files.list',
  'files.delete',
  'files.download',
  'models.get',
  'models.list',
  'models.countTokens',
  'batches.create',
  'batches.get',
  'batches.list',
  'batches.cancel',
  'batches.delete',
  'credentials',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** Ends a call before it has any effect. */
type FaultBefore =
  /** Any answer in place of the call. A text body is sent as it is, anything else as JSON; `''` is an empty one. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 429, with `RetryInfo` when a delay is given. */
  | {readonly kind: 'quota'; readonly retry_delay_seconds?: number}
  | {readonly kind: 'reset_before'}
  | {readonly kind: 'hang_before'};

/** Spoils the answer to a call that takes its full effect. */
type FaultAfter =
  | {readonly kind: 'reset_after'}
  | {readonly kind: 'hang_after'}
  | {readonly kind: 'error_after'; readonly status: number}
  /** The answer is this text. */
  | {
      readonly kind: 'body_after';
      readonly text: string;
      readonly status?: number;
      readonly content_type?: string;
    }
  /** The answer never ends. */
  | {readonly kind: 'endless_body'}
  /** The answer has a header of this size. */
  | {readonly kind: 'huge_header'; readonly bytes: number}
  /** By how many bytes `upload.query` is wrong. */
  | {readonly kind: 'offset_lie'; readonly bytes: number}
  /** After how many bytes the connection of an upload or download breaks; the service keeps what it got. */
  | {readonly kind: 'drop_after_bytes'; readonly bytes: number};

/** Makes a call slow; goes together with any other fault. */
type FaultOfSpeed =
  /** How many real milliseconds the call waits before it starts. */
  | {readonly kind: 'delay'; readonly ms: number}
  /** Is answered so many real milliseconds after it came, or later, as over a long line: meanwhile it takes effect. */
  | {readonly kind: 'latency'; readonly ms: number}
  /** An upload or download is slowed down. */
  | {readonly kind: 'bandwidth'; readonly bytes_per_second: number};

const SPEED_KINDS: ReadonlySet<string> = new Set<FaultOfSpeed['kind']>(['delay', 'latency', 'bandwidth']);

export type Fault = FaultBefore | FaultAfter | FaultOfSpeed;

export interface FaultRule {
  readonly on: OperationName;
  readonly fault: Fault;
  /** Only calls whose path, body, filter or display name (of the file or job that is called for) contains this. */
  readonly match?: string;
  /** How many matching calls pass before the fault begins. */
  readonly skip?: number;
  /** How many calls it meets; default 1, null for all. */
  readonly times?: number | null;
  /** Meets a call that fits only with this probability. */
  readonly probability?: number;
}

/** The faults that meet one call: any of speed, and at most one other. */
export class CallFaults {
  readonly #faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** The fault of this kind; undefined when there is none. */
  get<K extends Fault['kind']>(kind: K): Extract<Fault, {kind: K}> | undefined {
    return this.#faults.find((fault): fault is Extract<Fault, {kind: K}> => fault.kind === kind);
  }
}

interface ActiveRule extends FaultRule {
  skipLeft: number;
  timesLeft: number;
}

/** The faults that are asked for, in the order in which they were. */
export class Faults {
  #rules: ActiveRule[] = [];
  #metCount = 0;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  add(rule: FaultRule): void {
    const {skip = 0, times = 1} = rule;
    this.#rules.push({...rule, skipLeft: skip, timesLeft: times ?? Number.POSITIVE_INFINITY});
  }

  clear(): void {
    this.#rules = [];
  }

  /** How often a fault has met a call. */
  get metCount(): number {
    return this.#metCount;
  }

  /**
   * The faults that meet this call; they are used up by that. Of those that decide its answer the first one counts, and the
   * others wait for the next call.
   *
   * @param subject - what `match` of a rule is looked for in.
   */
  take(on: OperationName, subject: string): CallFaults {
    const met: Fault[] = [];
    let isDecided = false;
    for (const rule of this.#rules) {
      const decides = !SPEED_KINDS.has(rule.fault.kind);
      if ((decides && isDecided) || rule.on !== on || !this.#meets(rule, subject)) continue;
      met.push(rule.fault);
      isDecided ||= decides;
    }
    this.#metCount += met.length;
    return new CallFaults(met);
  }

  #meets(rule: ActiveRule, subject: string): boolean {
    if (rule.timesLeft <= 0 || !subject.includes(rule.match ?? '')) return false;
    if (rule.probability !== undefined && this.#random() >= rule.probability) return false;
    if (rule.skipLeft > 0) {
      rule.skipLeft -= 1;
      return false;
    }
    rule.timesLeft -= 1;
    return true;
  }
}
