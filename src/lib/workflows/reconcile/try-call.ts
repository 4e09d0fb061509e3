import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import type {CallOptions} from '../../services/batch-service.js';
import {withinPatience} from './within-patience.js';

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
  let trouble = 'no answer from the service';
  try {
    await withinPatience(limits, (signal) => call({signal, onWait: ({reason}) => (trouble = reason)}));
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    const hasRunOut = error.code === 'INTERRUPTED' && !limits.stop.aborted;
    return hasRunOut ? new GembatchError('SERVICE', trouble, {cause: error}) : error;
  }
}
