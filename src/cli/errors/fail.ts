import {errorLines} from '../../lib/output/text/error-text.js';
import {printFolded} from '../../lib/output/terminal/screen.js';
import {printableJson, printableLines} from '../../lib/output/terminal/printable.js';
import {failureJson, stackOf, toGembatchError} from './failure.js';

/** `DEBUG=gembatch*` and its like: the stack of an error is shown too. */
const DEBUG = /(?:^|[\s,])(?:\*|gembatch)/u;

/**
 * The one path from an error to what is shown of it and to the exit code: lines for people on stderr, or with `--json` one
 * object on stdout. The process goes on, and ends with that code.
 *
 * @param options - `version` is that of gembatch, which a report of a bug needs.
 */
export function fail(cause: unknown, options: {version: string; isJson: boolean}): void {
  const error = toGembatchError(cause, options.version);
  if (options.isJson) {
    process.stdout.write(`${printableJson(failureJson(error), 2)}\n`);
  } else {
    printFolded(process.stderr, errorLines(error));
  }
  if (DEBUG.test(process.env['DEBUG'] ?? ''))
    process.stderr.write(`${printableLines(stackOf(cause)).join('\n')}\n`);
  process.exitCode = error.exitCode;
}
