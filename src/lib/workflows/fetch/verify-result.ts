import {stat} from 'node:fs/promises';
import {ResultChecker} from '../../domain/result/result-file.js';
import type {RowCounts} from '../../domain/job/job-record.js';
import {countIdentical} from './count-identical.js';
import {readHashed} from '../request-file/read-hashed.js';
import {readRequestKeys, type RecordedRequests} from '../request-file/read-request-keys.js';

/** What is true of a result file. */
export interface Verification {
  readonly counts: RowCounts;
  readonly sizeBytes: number;
  /** SHA-256 of the result file. */
  readonly sha256: string;
}

/**
 * Reads a result file once, and again when keys repeat, classifies every row and matches every request key against the request file. Memory is some
 * 30 bytes per request, whatever the sizes of the files.
 *
 * @throws what the file system says when a file is there but cannot be read.
 */
export async function verifyResult(
  input: RecordedRequests & {readonly resultPath: string},
): Promise<Verification> {
  const requests = await readRequestKeys(input);
  const checker = new ResultChecker(requests);
  const {size: expectedBytes} = await stat(input.resultPath);
  let sizeBytes = 0;
  const sha256 = await readHashed(input.resultPath, expectedBytes, (chunk) => {
    checker.push(chunk);
    sizeBytes += chunk.length;
    return true;
  });
  const {counts, repeatedKeys} = checker.finish();
  const identical = await countIdentical(input.resultPath, repeatedKeys);
  return {counts: {...counts, repeated: counts.repeated - identical}, sizeBytes, sha256};
}
