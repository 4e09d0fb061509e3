import type {Clock} from '../../src/lib/domain/clock.js';

/** A clock that stands still until a test moves it; sleepers wake in the order of their time. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sleepers: {readonly dueMs: number; readonly wake: () => void}[] = [];

  constructor(start = '2026-11-20T10:00:00.000Z') {
    this.#startMs = Date.parse(start);
    this.#nowMs = this.#startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {dueMs: this.#nowMs + ms, wake: resolve};
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => this.#wake(sleeper), {once: true});
    });
  }

  /** Moves time on and lets everything run that it wakes. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({dueMs}) => dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const sleeper of due) this.#wake(sleeper);
    await untilIdle();
  }

  #wake(sleeper: {readonly dueMs: number; readonly wake: () => void}): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    sleeper.wake();
  }
}

/** Resolves when everything that can run without time passing has run. */
export function untilIdle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
