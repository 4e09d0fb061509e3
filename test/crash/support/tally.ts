import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** Where each attack leaves its figures for the table; the reporter reads and empties it. */
export const TALLY_FOLDER = join(
  fileURLToPath(new URL('../../../..', import.meta.url)),
  '.build/crash-tally',
);

/** One line of the table. */
export interface Tally {
  /** Groups the lines of one kind: `kill`, `storage`, `locks`. */
  readonly group: string;
  readonly attack: string;
  /** How often it was tried, and what one try is: `runs`, `acquisitions`, `files`. */
  readonly tried: number;
  readonly unit: string;
  /** Violations of what is promised: none, except in a weakened build. */
  readonly found: number;
  /** Whether the build was weakened on purpose, so that something must be found. */
  readonly isWeakened: boolean;
  readonly seconds: number;
  /** Other figures worth printing: `328 kills`. */
  readonly note: string;
}
