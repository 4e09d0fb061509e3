import {GembatchError, type ErrorCode} from '../../../domain/errors.js';
import type {RequestFile} from '../collect-inputs.js';

/** What tables, other formats and folders of files are refused with. */
const PREPARABLE: ReadonlySet<ErrorCode> = new Set(['FILE_INVALID', 'FILE_IS_FOLDER', 'FILE_TOO_LARGE']);

/**
 * The error of a file that needs a command, not a correction, with that command; any other error as it is.
 *
 * @param error - of `inspectFile` or `firstFault`.
 */
export async function withPreparation<E>(
  error: E,
  {path, name}: Pick<RequestFile, 'path' | 'name'>,
): Promise<E | GembatchError> {
  if (!(error instanceof GembatchError) || !PREPARABLE.has(error.code)) return error;
  const {preparationOf, preparationOfFolder} = await import('../../prepare/preparation-hint.js');
  const suggestions =
    error.code === 'FILE_IS_FOLDER'
      ? await preparationOfFolder(path, name.replace(/[/\\]+$/u, '')).catch(() => undefined)
      : await preparationOf(path, name);
  if (suggestions === undefined) return error;
  const {code, message, details} = error;
  return new GembatchError(code, message, {details, suggestions});
}
