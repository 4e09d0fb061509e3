import {backoffMs, type Pauses} from '../../domain/backoff.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import {describeLockHolder} from '../../domain/lock-holder.js';
import type {LockHolder} from '../../domain/lock-holder.js';
import type {LockContender} from './lock-contender.js';

/** How to wait for a lock. */
export interface WaitOptions {
  /** Give up after this long; 0: one try; null: never. */
  readonly timeoutMs: number | null;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Called when the wait has lasted a second, about every 30 seconds after that, and when another one holds the lock. */
  readonly onWait?: (holder: LockHolder | null, waitedMs: number) => void;
}

/** For locks that are held for seconds and longer. */
const DEFAULT_PAUSES: Pauses = {firstMs: 25, longestMs: 250};
/** Shorter waits are not worth a word. */
const FIRST_NOTICE_MS = 1_000;
const NOTICE_EVERY_MS = 30_000;

/**
 * Tries something that needs a lock until it works, waiting as long as the holder lives.
 *
 * @param attempt - tries once at `contender` and does at once what the lock is for; null when it is held.
 * @param options - `file` is the job-info file, for the error text; `lockPath` as of `lockedError`.
 * @throws GembatchError LOCKED when the time is over, INTERRUPTED when the signal came, and what the attempt throws.
 */
export async function waitForLock<T>(
  contender: LockContender,
  attempt: () => T | null,
  {
    file,
    clock,
    lockPath,
    timeoutMs,
    signal,
    onWait,
    pauses = DEFAULT_PAUSES,
  }: WaitOptions & {file: string; clock: Clock; lockPath?: string; pauses?: Pauses},
): Promise<T> {
  const startMs = clock.monotonic();
  let nextNoticeMs = FIRST_NOTICE_MS;
  let noticed: string | undefined;
  for (let tries = 0; ; tries += 1) {
    if (signal?.aborted)
      throw interruption(`Interrupted while waiting for the job-info file ${file}.`, signal.reason);
    const result = attempt();
    if (result !== null) return result;
    const waitedMs = clock.monotonic() - startMs;
    if (timeoutMs !== null && waitedMs >= timeoutMs) throw lockedError(file, contender.holder, lockPath);
    const holder = describeLockHolder(contender.holder);
    const isAnother = noticed !== undefined && noticed !== holder;
    if (waitedMs >= nextNoticeMs || isAnother) {
      nextNoticeMs = waitedMs + NOTICE_EVERY_MS;
      noticed = holder;
      onWait?.(contender.holder, waitedMs);
    }
    await clock.sleep(
      Math.min(widelyJittered(backoffMs(pauses, tries)), (timeoutMs ?? Infinity) - waitedMs),
      signal,
    );
  }
}

/**
 * LOCKED: who holds the job-info file, and that nothing was done to it.
 *
 * @param lockPath - of a lock that another program takes, too: one that bears no name may be what is left of it.
 */
export function lockedError(file: string, holder: LockHolder | null, lockPath?: string): GembatchError {
  return new GembatchError(
    'LOCKED',
    `The job-info file ${file} is held by ${describeLockHolder(holder)}. Nothing was changed.`,
    {
      details: {job_info: file, ...holder},
      ...(holder !== null || lockPath === undefined
        ? {}
        : {
            suggestions: [
              'Wait until the Python tool is done.',
              `If it does not run, it has left this file; delete it: ${lockPath}`,
            ],
          }),
    },
  );
}

/** Half to one and a half times the pause, so that those who wait do not all come back at once. */
function widelyJittered(pauseMs: number): number {
  return pauseMs * (0.5 + Math.random());
}
