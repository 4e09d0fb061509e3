import type {Clock} from '../../../../src/lib/domain/clock.js';

/** A clock on which whoever sleeps has slept at once. */
export class LeapingClock implements Clock {
  /** How long each sleep was, in milliseconds. */
  readonly sleeps: number[] = [];
  #nowMs = Date.parse('2026-11-20T10:00:00.000Z');

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    this.sleeps.push(ms);
    this.#nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
