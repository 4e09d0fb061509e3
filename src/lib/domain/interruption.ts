import {GembatchError} from './errors.js';

/** The error by which a signal was aborted; undefined when it was not, or for another reason. */
export function abortError(signal: AbortSignal | undefined): GembatchError | undefined {
  const reason: unknown = signal?.reason;
  return reason instanceof GembatchError ? reason : undefined;
}

/**
 * The error for what is given up because the command has to end. It keeps the signal that asked for that, for
 * the exit code.
 *
 * @param reason - why it was given up, as an `AbortSignal` tells it.
 */
export function interruption(message: string, reason: unknown): GembatchError {
  const signal = reason instanceof GembatchError ? reason.details['signal'] : undefined;
  return new GembatchError('INTERRUPTED', message, signal === undefined ? {} : {details: {signal}});
}
