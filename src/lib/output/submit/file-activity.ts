import type {Clock} from '../../domain/clock.js';
import type {SubmitEvent, SubmitPhase} from '../../workflows/submit/submit-report.js';
import {ByteRate} from '../terminal/byte-rate.js';
import {printable} from '../terminal/printable.js';
import {formatBytes, formatDuration} from '../text/format.js';
import {PHASE_WORDS} from './submit-words.js';

export type FileStep = Extract<SubmitEvent, {readonly type: 'phase' | 'progress' | 'wait'}>;

/** What is being done with one file. */
export class FileActivity {
  readonly #clock: Clock;
  /** Of all uploads together. */
  readonly #uploadRate: ByteRate;
  #phase: SubmitPhase = 'inspecting';
  #rate: ByteRate;
  #bytes = 0;
  #totalBytes = 0;
  #wait: {readonly reason: string; readonly untilMs: number} | undefined;

  constructor(clock: Clock, uploadRate: ByteRate) {
    this.#clock = clock;
    this.#uploadRate = uploadRate;
    this.#rate = new ByteRate(clock.monotonic());
  }

  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Whether nothing is done with the file just now. */
  get isIdle(): boolean {
    return this.#phase === 'waiting' || this.#phase === 'checked';
  }

  apply(step: FileStep): void {
    const nowMs = this.#clock.monotonic();
    switch (step.type) {
      case 'phase':
        this.#phase = step.phase;
        this.#rate = new ByteRate(nowMs);
        this.#bytes = 0;
        this.#totalBytes = 0;
        this.#wait = undefined;
        break;
      case 'progress': {
        // After a broken transfer the count may go back; it counts as no progress.
        const newBytes = Math.max(0, step.bytes - this.#bytes);
        this.#rate.add(newBytes, nowMs);
        if (this.#phase === 'uploading') this.#uploadRate.add(newBytes, nowMs);
        this.#bytes = step.bytes;
        this.#totalBytes = step.totalBytes;
        this.#wait = undefined;
        break;
      }
      case 'wait':
        this.#wait = {reason: step.reason, untilMs: nowMs + step.delayMs};
        break;
    }
  }

  /** What is being done now, the most important first: `uploading 45%`, `5s left`, `3.1 MB/s`, `27.1 MB`. */
  parts(): readonly string[] {
    const nowMs = this.#clock.monotonic();
    const word = PHASE_WORDS[this.#phase];
    if (this.#wait !== undefined) return [waitText(word, this.#wait, nowMs)];
    if (this.#totalBytes === 0) return [word];
    const isAll = this.#bytes >= this.#totalBytes;
    const perSecond = isAll ? 0 : (this.#rate.perSecond(nowMs) ?? 0);
    const leftMs = ((this.#totalBytes - this.#bytes) / perSecond) * 1000;
    const flow = perSecond > 0 ? [`${formatDuration(leftMs)} left`, `${formatBytes(perSecond)}/s`] : [];
    const percent = Math.floor((this.#bytes / this.#totalBytes) * 100);
    return [`${word} ${percent}%`, ...flow, formatBytes(this.#totalBytes)];
  }
}

function waitText(
  word: string,
  {reason, untilMs}: {readonly reason: string; readonly untilMs: number},
  nowMs: number,
): string {
  const leftMs = untilMs - nowMs;
  return leftMs > 0
    ? `again in ${formatDuration(leftMs)}: ${printable(reason)}`
    : `${word} again after: ${printable(reason)}`;
}
