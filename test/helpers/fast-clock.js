// Preload for child processes (`node --import`): a clock that runs GEMBATCH_TEST_SPEED times as fast as the real one, so
// that a command that waits minutes is tested in a second.
const speed = Number(process.env.GEMBATCH_TEST_SPEED ?? 60);
// As if somebody had set the clock of this machine.
const shiftMs = Number(process.env.GEMBATCH_TEST_SHIFT_MS ?? 0);
const startedAt = Date.now();

globalThis[Symbol.for('gembatch.clock')] = {
  now: () => startedAt + shiftMs + (Date.now() - startedAt) * speed,
  monotonic: () => performance.now() * speed,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms / speed);
      signal?.addEventListener('abort', end, {once: true});
    }),
};
