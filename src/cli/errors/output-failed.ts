import {GembatchError} from '../../lib/domain/errors.js';
import {fail} from './fail.js';

/**
 * Ends the process after an error of its stdout: nothing can be told there any more, not even with `--json`. A reader that
 * went away is no error.
 *
 * @param version - of gembatch.
 */
export function outputFailed(error: NodeJS.ErrnoException, version: string): void {
  if (error.code === 'EPIPE') return;
  const cause = new GembatchError('STORAGE', `Cannot write the output: ${error.message}.`, {cause: error});
  fail(cause, {version, isJson: false});
  // oxlint-disable-next-line unicorn/no-process-exit -- what was asked for cannot be shown, as after an uncaught exception.
  process.exit();
}
