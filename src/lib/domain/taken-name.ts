import {GembatchError} from './errors.js';

/** A file cannot be written because something else has its name, which is not touched. */
export function takenName(message: string, whatToMove: string): GembatchError {
  return new GembatchError('STORAGE', message, {
    details: {is_taken: true},
    suggestions: [`Move ${whatToMove} away, or choose another folder for the results.`],
  });
}

/** Whether it is only the name that is in the way, so that the file may go elsewhere. */
export function isTakenName(error: unknown): boolean {
  return error instanceof GembatchError && error.details['is_taken'] === true;
}
