import type {ErrorCode} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';

/** Why a file cannot be read. */
export interface ReadFault {
  readonly code: ErrorCode;
  /** As it goes on after the name of the file. */
  readonly text: string;
}

const NO_SUCH_FILE: ReadFault = {code: 'FILE_MISSING', text: 'there is no such file.'};
const FAULTS: Readonly<Partial<Record<string, ReadFault>>> = {
  ENOENT: NO_SUCH_FILE,
  ENOTDIR: NO_SUCH_FILE,
  EISDIR: {code: 'FILE_IS_FOLDER', text: 'is a folder, not a request file.'},
};

/** What the file system said about a file that is to be read; undefined for any other error. */
export function readFault(error: unknown): ReadFault | undefined {
  const code = fieldOf(error, 'code');
  if (fieldOf(error, 'syscall') === undefined || typeof code !== 'string') return undefined;
  return FAULTS[code] ?? {code: 'FILE_UNREADABLE', text: `cannot be read (${code}).`};
}
