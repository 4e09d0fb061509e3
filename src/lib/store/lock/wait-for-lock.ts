import {backoffMs, type Pauses} from '../../domain/backoff.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import {describeLockHolder, type LockHolder} from '../../domain/lock-holder.js';
import type {LockContender} from './lock-contender.js';

/** How to wait for a lock. */
export interface WaitOptions {
  /** Give up after this long; 0: one try; null: never. */
  readonly timeoutMs: number | null;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Called after the first second, about every 30 seconds from then on, and when the lock has a new holder. */
  readonly onWait?: (holder: LockHolder | null, waitedMs: number) => void;
}

/** For locks that are held for seconds and longer. */
const DEFAULT_PAUSES: Pauses = {firstMs: 25, longestMs: 250};
const FIRST_NOTICE_MS = 1_000;
const NOTICE_EVERY_MS = 30_000;

/**
 * Repeats `attempt` until it gets the lock, with a pause after each try.
 *
 * @param attempt - tries once to take the lock of `contender` and, holding it, does the work; null when another holds it.
 * @param options - `file` is the job-info file, for the error text; `lockPath` is passed on to `lockedError`.
 * @throws GembatchError LOCKED after `timeoutMs`, or after `namelessTimeoutMs` when the holder has left no name, INTERRUPTED when `signal` aborts, and what `attempt` throws.
 */
export async function waitForLock<T>(
  contender: LockContender,
  attempt: () => T | null,
  {
    file,
    clock,
    lockPath,
    timeoutMs,
    namelessTimeoutMs = Infinity,
    signal,
    onWait,
    pauses = DEFAULT_PAUSES,
  }: WaitOptions & {
    file: string;
    clock: Clock;
    lockPath?: string;
    namelessTimeoutMs?: number;
    pauses?: Pauses;
  },
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
    const limitMs = Math.min(timeoutMs ?? Infinity, contender.holder === null ? namelessTimeoutMs : Infinity);
    if (waitedMs >= limitMs) throw lockedError(file, contender.holder, lockPath);
    const holder = describeLockHolder(contender.holder);
    const isAnother = noticed !== undefined && noticed !== holder;
    if (waitedMs >= nextNoticeMs || isAnother) {
      nextNoticeMs = waitedMs + NOTICE_EVERY_MS;
      noticed = holder;
      onWait?.(contender.holder, waitedMs);
    }
    await clock.sleep(Math.min(withJitter(backoffMs(pauses, tries)), limitMs - waitedMs), signal);
  }
}

/**
 * The error LOCKED: who holds the job-info file, and that nothing was changed.
 *
 * @param lockPath - given for the lock that the Python tool takes too: without a holder's name in it, it may be a stale file of
 *   that tool, and the advice says so.
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

/** Half to one and a half times the pause, so that waiting processes do not all try at the same moment. */
function withJitter(pauseMs: number): number {
  return pauseMs * (0.5 + Math.random());
}
