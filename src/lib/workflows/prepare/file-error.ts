import {GembatchError} from '../../domain/errors.js';
import {readFault} from '../request-file/file-error.js';

/** What the file system says about a file that is to be read, in our words; anything else as it is. */
export function fileError(name: string, cause: unknown): unknown {
  const fault = readFault(cause);
  if (fault === undefined) return cause;
  return new GembatchError(fault.code, `${name}${fault.text} Nothing was written.`, {
    cause,
    ...(fault.code === 'FILE_MISSING'
      ? {suggestions: ['Check the path, and that you are in the right folder.']}
      : {}),
  });
}
