import {printable} from '../terminal/printable.js';
import {printFolded, type OutputMode, type Screen} from '../terminal/screen.js';

/** Where a command without a live display puts its lines. All of them are made printable. */
export interface LineView {
  /** What was asked for, on stdout; not with `--json`, which has it as an object. */
  readonly say: (lines: readonly string[]) => void;
  /** How it goes, on stderr; not with `--quiet` or `--json`. */
  readonly note: (line: string) => void;
  /** What a person must not miss, on stderr. */
  readonly warn: (message: string) => void;
}

/** A view for one command. `--quiet` leaves what was asked for and what went wrong. */
export function createLineView({stdout, stderr}: Screen, mode: OutputMode): LineView {
  const hasProgress = mode === 'live' || mode === 'plain';
  return {
    say: (lines) => {
      if (mode !== 'silent') printFolded(stdout, lines.map(printable));
    },
    note: (line) => {
      if (hasProgress) printFolded(stderr, [printable(line)]);
    },
    warn: (message) => {
      printFolded(stderr, [printable(`Warning: ${message}`)]);
    },
  };
}
