import {GembatchError} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';

/** What the file system says about a file that is to be read, in our words; anything else as it is. */
export function fileError(name: string, cause: unknown): unknown {
  const code = fieldOf(cause, 'code');
  if (cause instanceof GembatchError || fieldOf(cause, 'syscall') === undefined) return cause;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new GembatchError('FILE_MISSING', `${name}: there is no such file. Nothing was written.`, {
      cause,
      suggestions: ['Check the path, and that you are in the right folder.'],
    });
  }
  const message = `${name}: cannot be read (${String(code)}). Nothing was written.`;
  return new GembatchError('FILE_UNREADABLE', message, {cause});
}
