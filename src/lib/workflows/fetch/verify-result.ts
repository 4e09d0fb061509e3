import {stat} from 'node:fs/promises';
import {ResultChecker} from '../../domain/result/result-file.js';
import type {RowCounts} from '../../domain/job/job-record.js';
import type {BadRow} from '../../domain/result/row-counts.js';
import {countIdentical} from './count-identical.js';
import {findMissing} from './find-missing.js';
import {readHashed} from '../request-file/read-hashed.js';
import {
  readRequestKeys,
  type RecordedRequests,
  type RequestKeys,
  type RequestsState,
} from '../request-file/read-request-keys.js';

/** What `verifyResult` is told. */
export interface VerifyInput extends RecordedRequests {
  readonly resultPath: string;
  /** How many bad rows to show; all are counted. */
  readonly maxExamples?: number;
}

/** What is true of a result file. */
export interface Verification {
  readonly counts: RowCounts;
  /** Requests of the job; null when nobody knows. */
  readonly requests: number | null;
  /** Non-blank lines of the result file. */
  readonly rows: number;
  /**
   * Whether the file holds a row for each request, and no damaged line: it is as complete as it can be. False as well
   * when nobody can tell. It says nothing about how good the answers are.
   */
  readonly isComplete: boolean;
  /** The first bad rows: those of the result file in its order, then requests without a row. */
  readonly bad: readonly BadRow[];
  readonly requestsState: RequestsState;
  /** What could not be checked and why, one sentence each. */
  readonly notes: readonly string[];
  readonly sizeBytes: number;
  /** SHA-256 of the result file. */
  readonly sha256: string;
}

const DEFAULT_EXAMPLES = 20;

/**
 * Reads a result file once, classifies every row and matches every key against the request file. Only when there are
 * missing or repeated rows is a file read a second time, to name them. Memory is some 30 bytes per request, whatever
 * the sizes of the files.
 *
 * @throws what the file system says when a file is there but cannot be read.
 */
export async function verifyResult(input: VerifyInput): Promise<Verification> {
  const maxExamples = input.maxExamples ?? DEFAULT_EXAMPLES;
  const requests = await readRequestKeys(input);
  const checker = new ResultChecker(requests, {maxExamples});
  const {size: expectedBytes} = await stat(input.resultPath);
  let sizeBytes = 0;
  const sha256 = await readHashed(input.resultPath, expectedBytes, (chunk) => {
    checker.push(chunk);
    sizeBytes += chunk.length;
    return true;
  });
  const {counts, rows, answered, bad, repeatedKeys} = checker.finish();
  const limit = Math.min(counts.missing, maxExamples - bad.length);
  const missing = await findMissing({...input, keys: requests.keys, checker, limit});
  const identical = await countIdentical(input.resultPath, repeatedKeys);
  return {
    counts: {...counts, repeated: counts.repeated - identical},
    requests: requests.count,
    rows,
    isComplete: requests.count === answered && counts.malformed === 0,
    bad: [...bad, ...missing],
    requestsState: requests.state,
    notes: [...requests.notes, ...surplusNote(requests, answered)],
    sizeBytes,
    sha256,
  };
}

function surplusNote({count}: RequestKeys, answered: number): string[] {
  if (count === null || answered <= count) return [];
  return [`The result has rows for ${answered} keys, but the job has only ${count} requests.`];
}
