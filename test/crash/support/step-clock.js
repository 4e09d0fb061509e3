// Preload for child processes (`node --import`): a clock that stands still while a request is under way, and otherwise goes
// on by steps of the event loop, so that how long a wait is does not depend on how busy this machine is.
import {subscribe} from 'node:diagnostics_channel';

const STEP_MS = 1_000;
const shiftMs = Number(process.env.GEMBATCH_TEST_SHIFT_MS ?? 0);
const startedAt = Date.now();
let passedMs = 0;
let timer;
/** What ends each sleep, with the time when it is due. */
const sleepers = new Map();

const requests = new Set();
subscribe('undici:request:create', ({request}) => requests.add(request));
for (const end of ['trailers', 'error'])
  subscribe(`undici:request:${end}`, ({request}) => requests.delete(request));

function step() {
  timer = undefined;
  const nextMs = Math.min(...sleepers.values());
  if (requests.size === 0) passedMs = Math.min(passedMs + STEP_MS, Math.max(passedMs, nextMs));
  for (const [end, dueMs] of sleepers) if (dueMs <= passedMs) end();
  goOn();
}

function goOn() {
  if (timer === undefined && sleepers.size > 0) timer = setTimeout(step, 1);
}

globalThis[Symbol.for('gembatch.clock')] = {
  now: () => startedAt + shiftMs + passedMs,
  monotonic: () => passedMs,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        sleepers.delete(end);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      sleepers.set(end, passedMs + ms);
      signal?.addEventListener('abort', end, {once: true});
      goOn();
    }),
};
