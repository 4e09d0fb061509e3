import type {Rule} from './findings/request-finding.js';

export interface FileProblem {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  readonly text: string;
  /** The rule that can be taken back, if it is one. */
  readonly rule?: Rule;
}

/** Something questionable in a request file, reported once however many lines have it. */
export interface FileWarning {
  readonly text: string;
  readonly firstLine: number;
  readonly lineCount: number;
}

/** What is known of a request file when its last byte has been seen. */
export interface RequestFileFacts {
  /** Requests, that is non-blank lines, as far as they were read. */
  readonly count: number;
  /** At most one for each line; the first few lines that have one. */
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileWarning[];
  /** Whether all of the file was read, and not given up on after too many problems. */
  readonly isComplete: boolean;
}

/** Takes the bytes of a request file as they come and says what it holds. */
export interface RequestFileReader {
  /** Whether so much is wrong that the rest of the file need not be read. */
  readonly hasGivenUp: boolean;
  /** Takes the next bytes of the file; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void;
  /** Ends the file. */
  finish(): RequestFileFacts;
}
