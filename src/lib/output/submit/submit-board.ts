import type {Clock} from '../../domain/clock.js';
import type {FileOutcome, SubmitEvent, SubmitPhase} from '../../workflows/submit/submit-report.js';
import {ByteRate} from '../terminal/byte-rate.js';

/** A file that is being worked on. */
export interface ActiveFile {
  readonly index: number;
  readonly phase: SubmitPhase;
  /** Since when it is in this phase, by the monotonic clock. */
  readonly sinceMs: number;
  readonly rate: ByteRate;
  readonly bytes: number;
  /** Unknown until bytes are reported. */
  readonly totalBytes?: number;
  readonly wait?: {readonly reason: string; readonly untilMs: number};
}

/** A file that has come to its end. */
export interface FinishedFile {
  readonly index: number;
  readonly outcome: FileOutcome;
}

/**
 * What is known of a submission while it runs, for whoever shows it. An event costs the same however many files there
 * are.
 */
export class SubmitBoard {
  readonly #clock: Clock;
  readonly #names = new Map<number, string>();
  readonly active = new Map<number, ActiveFile>();
  /** In the order in which they came to their end, as the lists below. */
  readonly finished: FinishedFile[] = [];
  /** What a person has to look at: failed, unclear, or with a warning. */
  readonly troubled: FinishedFile[] = [];
  readonly notBegun: FinishedFile[] = [];
  /** Skipped, although their content is not what was submitted. */
  readonly changed: FinishedFile[] = [];
  readonly counts: Record<FileOutcome['outcome'], number> = {
    submitted: 0,
    skipped: 0,
    would_submit: 0,
    failed: 0,
    unclear: 0,
    not_started: 0,
  };
  /** What `--dry-run` would submit. */
  readonly planned = {requests: 0, bytes: 0};
  /** Of all uploads together. */
  readonly uploadRate: ByteRate;
  /** What the run as a whole is busy with besides its files. */
  status: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.uploadRate = new ByteRate(clock.monotonic());
  }

  get total(): number {
    return this.#names.size;
  }

  get waiting(): number {
    return this.total - this.active.size - this.finished.length;
  }

  /** The name of a file as it was given. */
  name(index: number): string {
    return this.#names.get(index) ?? '';
  }

  /** `[n/total]` */
  number(index: number): string {
    return `[${index}/${this.total}]`;
  }

  /** `[n/total] name` */
  title(index: number): string {
    return `${this.number(index)} ${this.name(index)}`;
  }

  apply(event: SubmitEvent): void {
    switch (event.type) {
      case 'files':
        for (const {index, name} of event.files) this.#names.set(index, name);
        break;
      case 'status':
        this.status = event.message;
        break;
      case 'warning':
        this.status = undefined;
        break;
      case 'phase':
        this.#begin(event.index, event.phase);
        break;
      case 'progress':
        this.#progress(event.index, event);
        break;
      case 'wait':
        this.#change(event.index, {
          wait: {reason: event.reason, untilMs: this.#clock.monotonic() + event.delayMs},
        });
        break;
      case 'outcome':
        this.#end(event);
        break;
      case 'summary':
        break;
    }
  }

  #begin(index: number, phase: SubmitPhase): void {
    const nowMs = this.#clock.monotonic();
    this.active.set(index, {index, phase, sinceMs: nowMs, rate: new ByteRate(nowMs), bytes: 0});
  }

  #progress(index: number, {bytes, totalBytes}: {bytes: number; totalBytes: number}): void {
    const file = this.active.get(index);
    if (file === undefined) return;
    const nowMs = this.#clock.monotonic();
    // After a broken transfer the count may go back: then nothing has come since.
    const newBytes = Math.max(0, bytes - file.bytes);
    file.rate.add(newBytes, nowMs);
    if (file.phase === 'uploading') this.uploadRate.add(newBytes, nowMs);
    const {wait: _over, ...rest} = file;
    this.active.set(index, {...rest, bytes, totalBytes});
  }

  #change(index: number, change: Partial<ActiveFile>): void {
    const file = this.active.get(index);
    if (file !== undefined) this.active.set(index, {...file, ...change});
  }

  #end({index, outcome}: FinishedFile): void {
    const file = {index, outcome};
    this.active.delete(index);
    this.finished.push(file);
    this.counts[outcome.outcome] += 1;
    if (isTroubled(outcome)) this.troubled.push(file);
    if (outcome.outcome === 'not_started') this.notBegun.push(file);
    if (outcome.outcome === 'skipped' && outcome.changed === true) this.changed.push(file);
    if (outcome.outcome === 'would_submit') {
      this.planned.requests += outcome.count ?? 0;
      this.planned.bytes += outcome.size_bytes ?? 0;
    }
  }
}

/** Whether a person has to look at what became of a file. */
export function isTroubled({outcome, warnings = []}: FileOutcome): boolean {
  return outcome === 'failed' || outcome === 'unclear' || warnings.length > 0;
}
