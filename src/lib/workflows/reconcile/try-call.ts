import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import type {CallOptions} from '../../services/batch-service.js';

/** How long the calls for one of many items may take, in milliseconds, so that one that fails does not hold up the others. */
const TIME_LIMIT_MS = 15_000;

/** Does work under a signal that ends it after 15 seconds, or when `stop` does. */
export async function withinTimeLimit<T>(
  {clock, stop}: {readonly clock: Clock; readonly stop: AbortSignal},
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const finished = new AbortController();
  const giveUp = (): void => limit.abort();
  if (stop.aborted) giveUp();
  stop.addEventListener('abort', giveUp, {once: true});
  void clock.sleep(TIME_LIMIT_MS, finished.signal).then(giveUp);
  try {
    return await work(limit.signal);
  } finally {
    finished.abort();
    stop.removeEventListener('abort', giveUp);
  }
}

/**
 * Makes a call that belongs to one item of a list.
 *
 * @param call - gets the signal that ends it, and whom to tell of pauses.
 * @returns the error that it ended with; undefined when it worked. `INTERRUPTED` only when `stop` asked for it.
 */
export async function tryCall(
  limits: {readonly clock: Clock; readonly stop: AbortSignal},
  call: (options: CallOptions) => Promise<unknown>,
): Promise<GembatchError | undefined> {
  let reasonToWait = 'no answer from the service';
  try {
    await withinTimeLimit(limits, (signal) => call({signal, onWait: ({reason}) => (reasonToWait = reason)}));
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    const hasRunOut = error.code === 'INTERRUPTED' && !limits.stop.aborted;
    return hasRunOut ? new GembatchError('SERVICE', reasonToWait, {cause: error}) : error;
  }
}
