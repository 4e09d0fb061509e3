import type {Clock} from './domain/clock.js';

/** Node.js ends a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The time of this machine. A sleep keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const wait = (leftMs: number): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
        timer = setTimeout(() => (stepMs < leftMs ? wait(leftMs - stepMs) : end()), stepMs);
      };
      wait(ms);
      signal?.addEventListener('abort', end, {once: true});
    }),
};
