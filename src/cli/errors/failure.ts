import {inspect} from 'node:util';
import {CLIError, ModuleLoadError} from '@oclif/core/errors';
import {GembatchError} from '../../lib/domain/errors.js';
import {redactApiKeys} from '../connection/api-key.js';
import {usageErrorOf, withoutParserWords} from './usage-error.js';

/** The object that a failed command prints with `--json`. Its shape is part of the interface. */
export interface FailureJson {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly exit_code: number;
    readonly suggestions: readonly string[];
    readonly details: Readonly<Record<string, string | number | boolean | null>>;
  };
}

/** System error codes of local files and folders. */
const STORAGE_ERRNOS: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EBUSY',
  'EDQUOT',
  'EEXIST',
  'EFBIG',
  'EIO',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'ENAMETOOLONG',
  'ENFILE',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'ENXIO',
  'EPERM',
  'EROFS',
  'ESTALE',
]);

/**
 * Whatever reached the top of a command, as one of our errors, ready to be shown: wrong usage that oclif found is USAGE,
 * an unhandled error of the file system is STORAGE, and everything else is a BUG. No API key is in its text.
 *
 * @param version - of gembatch, which a report of a bug needs.
 */
export function toGembatchError(error: unknown, version: string): GembatchError {
  const {code, message, suggestions, details} = classify(error, version);
  return new GembatchError(code, redactApiKeys(withoutParserWords(message), process.env), {
    suggestions: suggestions.map((text) => redactApiKeys(text, process.env)),
    details,
    cause: error,
  });
}

function classify(error: unknown, version: string): GembatchError {
  if (error instanceof GembatchError) return error;
  if (error instanceof CLIError && !(error instanceof ModuleLoadError)) {
    return usageErrorOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'syscall' in error && 'code' in error && STORAGE_ERRNOS.has(error.code)) {
    return new GembatchError('STORAGE', `Cannot use a file: ${message}.`);
  }
  return new GembatchError('BUG', `This is a bug in gembatch ${version}: ${message}`);
}

/** The `--json` form of `error`: these fields and no others, so that nothing can leak through one that is added later. */
export function failureJson(error: GembatchError): FailureJson {
  const {code, message, suggestions, details} = error;
  return {error: {code, message, exit_code: error.exitCode, suggestions, details}};
}

/** Where an error came from, for those who look for a defect; without any API key. */
export function stackOf(error: unknown): string {
  return redactApiKeys(inspect(error), process.env);
}
