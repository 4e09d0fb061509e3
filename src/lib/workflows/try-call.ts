import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import type {CallOptions} from '../gemini/gemini-batch-client.js';

/** How long one of many calls may be tried, in milliseconds, so that trouble with one does not hold up the others. */
const PATIENCE_MS = 15_000;

/**
 * Makes a call that belongs to one item of a list.
 *
 * @param call - gets the signal that ends it, and whom to tell of pauses.
 * @returns the error that it ended with; undefined when it worked. `INTERRUPTED` only when `stop` asked for it.
 */
export async function tryCall(
  {clock, stop}: {clock: Clock; stop: AbortSignal},
  call: (options: CallOptions) => Promise<unknown>,
): Promise<GembatchError | undefined> {
  const patience = new AbortController();
  const finished = new AbortController();
  const giveUp = (): void => patience.abort();
  if (stop.aborted) giveUp();
  stop.addEventListener('abort', giveUp, {once: true});
  void clock.sleep(PATIENCE_MS, finished.signal).then(giveUp);
  let trouble = 'no answer from the service';
  try {
    await call({signal: patience.signal, onWait: ({reason}) => (trouble = reason)});
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    const hasRunOut = error.code === 'INTERRUPTED' && !stop.aborted;
    return hasRunOut ? new GembatchError('SERVICE', trouble, {cause: error}) : error;
  } finally {
    finished.abort();
    stop.removeEventListener('abort', giveUp);
  }
}
