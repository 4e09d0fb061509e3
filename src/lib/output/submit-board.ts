/** What is known of each file while a submission runs; every event costs the same however many files there are. */
import type {Clock} from '../domain/clock.js';
import type {FileOutcome, SubmitEvent, SubmitPhase} from '../workflows/submit-report.js';

/** A file that is being worked on. */
export interface ActiveFile {
  readonly index: number;
  readonly phase: SubmitPhase;
  /** Since when it is in this phase, by the monotonic clock. */
  readonly sinceMs: number;
  readonly bytes?: number;
  readonly totalBytes?: number;
  readonly wait?: {readonly reason: string; readonly untilMs: number};
}

/** The state of a submission, for whoever draws it. */
export class SubmitBoard {
  readonly #clock: Clock;
  readonly #names = new Map<number, string>();
  readonly active = new Map<number, ActiveFile>();
  /** In the order in which they came to their end. */
  readonly finished: {readonly index: number; readonly outcome: FileOutcome}[] = [];
  readonly counts: Record<FileOutcome['outcome'], number> = {
    submitted: 0,
    skipped: 0,
    would_submit: 0,
    failed: 0,
    unclear: 0,
    not_started: 0,
  };
  status: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get total(): number {
    return this.#names.size;
  }

  get waiting(): number {
    return this.total - this.active.size - this.finished.length;
  }

  /** `[n/total] name` */
  title(index: number): string {
    return `[${index}/${this.total}] ${this.#names.get(index) ?? ''}`;
  }

  apply(event: SubmitEvent): void {
    switch (event.type) {
      case 'files':
        for (const {index, name} of event.files) this.#names.set(index, name);
        break;
      case 'status':
      case 'warning':
        this.status = event.message;
        break;
      case 'phase':
        this.active.set(event.index, {
          index: event.index,
          phase: event.phase,
          sinceMs: this.#clock.monotonic(),
        });
        break;
      case 'progress':
        this.#update(event.index, {bytes: event.bytes, totalBytes: event.totalBytes});
        break;
      case 'wait':
        this.#update(event.index, {
          wait: {reason: event.reason, untilMs: this.#clock.monotonic() + event.delayMs},
        });
        break;
      case 'outcome':
        this.active.delete(event.index);
        this.finished.push({index: event.index, outcome: event.outcome});
        this.counts[event.outcome.outcome] += 1;
        break;
      case 'summary':
        break;
    }
  }

  #update(index: number, change: Partial<ActiveFile>): void {
    const file = this.active.get(index);
    if (file === undefined) return;
    const {wait: _past, ...rest} = file;
    this.active.set(index, {...rest, ...change});
  }
}
