import type {Clock} from '../../domain/clock.js';

/** How long the calls for one of many items may take, in milliseconds, so that trouble with one does not hold up the others. */
const PATIENCE_MS = 15_000;

/** Does work under a signal that ends it after 15 seconds, or when `stop` does. */
export async function withinPatience<T>(
  {clock, stop}: {readonly clock: Clock; readonly stop: AbortSignal},
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const finished = new AbortController();
  const giveUp = (): void => patience.abort();
  if (stop.aborted) giveUp();
  stop.addEventListener('abort', giveUp, {once: true});
  void clock.sleep(PATIENCE_MS, finished.signal).then(giveUp);
  try {
    return await work(patience.signal);
  } finally {
    finished.abort();
    stop.removeEventListener('abort', giveUp);
  }
}
