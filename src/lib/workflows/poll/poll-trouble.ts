import type {GembatchError} from '../../domain/errors.js';
import type {PollTrouble} from './poll-report.js';

/** An error as the events of a poll spell it. */
export function pollTrouble({code, message, suggestions}: GembatchError): PollTrouble {
  return {code, message, suggestions};
}
