import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../src/lib/domain/clock.js';

/** The clock of this machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? {signal} : {}).catch(() => undefined);
  },
};

/** A clock in which waiting takes no time: a sleep moves it and lets other work go first. */
export class SkippingClock implements Clock {
  ms = 0;
  epochMs = Date.parse('2026-01-31T09:00:00Z');

  now(): number {
    return this.epochMs + this.ms;
  }

  monotonic(): number {
    return this.ms;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.ms += ms;
  }
}
