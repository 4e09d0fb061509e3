import {stat} from 'node:fs/promises';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {fieldOf} from '../../domain/json/json-object.js';
import {KeyReader} from '../../domain/request-key/key-reader.js';
import type {ExpectedRequests} from '../../domain/result/result-file.js';
import {MAX_REQUEST_FILE_BYTES} from './file-error.js';
import {answerChecks} from '../results/answer-checks.js';
import {readHashed} from './read-hashed.js';

/** The request file of a job, as its record describes it. */
export interface RecordedRequests {
  /** Null when its place is unknown. */
  readonly requestPath: string | null;
  /** Fingerprint at submission; null in records that have none. */
  readonly requestSha256: string | null;
  /** `count` of the record. */
  readonly expectedCount: number | null;
  /** Whether answers are checked against what their requests ask for; true when absent. */
  readonly checksAnswers?: boolean;
}

/** Whether the answers can be matched with the requests that were sent. */
export type RequestsState = 'matched' | 'gone' | 'changed' | 'not_read';

/** What is known of the requests of a job, ready for a `ResultChecker`. */
export interface RequestKeys extends ExpectedRequests {
  readonly state: RequestsState;
  /** Whether these are for sure all keys that were sent, so that any other is another job's. */
  readonly isSure: boolean;
  /** What a person has to know about it, one sentence each; empty when all is well. */
  readonly notes: readonly string[];
}

const SHORTEST_REQUEST = '{"key":"k","request":{}}';

/**
 * Reads the keys of a request file, in one pass and in some 25 bytes each.
 *
 * A file that is gone or not the one that was sent is no error: the answers can still be counted, and the notes say
 * what could not be checked. Without a fingerprint to compare, a file counts as the same when its number of
 * requests is.
 *
 * @throws what the file system says when the file is there but cannot be read.
 */
export async function readRequestKeys(recorded: RecordedRequests): Promise<RequestKeys> {
  const {requestPath, requestSha256, expectedCount, checksAnswers = true} = recorded;
  if (requestPath === null) return withoutKeys('gone', expectedCount, 'The request file is not known');
  if (isCloudAddress(requestPath))
    return {keys: null, count: expectedCount, state: 'not_read', isSure: false, notes: []};
  let reader: KeyReader;
  let sha256: string;
  try {
    const {size} = await stat(requestPath);
    if (size > MAX_REQUEST_FILE_BYTES) return changedRequests(requestPath, expectedCount);
    // A record can say anything; memory is taken only for what the file has room for.
    reader = new KeyReader(Math.min(expectedCount ?? 0, Math.ceil(size / SHORTEST_REQUEST.length)));
    sha256 = await readHashed(requestPath, size, (chunk) => {
      reader.push(chunk);
      return true;
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    return withoutKeys('gone', expectedCount, `The request file ${requestPath} is gone`);
  }
  reader.finish();
  const isSame =
    requestSha256 === null
      ? expectedCount === null || expectedCount === reader.count
      : requestSha256 === sha256;
  if (!isSame) return changedRequests(requestPath, expectedCount);
  return {
    keys: reader.keys,
    count: reader.count,
    ...(checksAnswers ? {checkOf: await answerChecks(reader)} : {}),
    state: 'matched',
    isSure: requestSha256 !== null && reader.keyless === 0,
    notes: notesOn(reader),
  };
}

function changedRequests(path: string, count: number | null): RequestKeys {
  return withoutKeys('changed', count, `The request file ${path} has changed since it was sent`);
}

function withoutKeys(state: RequestsState, count: number | null, why: string): RequestKeys {
  const rest =
    count === null
      ? 'its answers are counted, but missing ones cannot be found.'
      : 'its answers are counted, but not matched by key.';
  return {keys: null, count, state, isSure: false, notes: [`${why}: ${rest}`]};
}

function notesOn({repeated, keyless}: KeyReader): string[] {
  const notes = [];
  if (repeated > 0) {
    notes.push(`${repeated} requests have the key of an earlier one: their answers cannot be told apart.`);
  }
  if (keyless > 0) notes.push(`${keyless} requests have no key: no answer can be matched to them.`);
  return notes;
}

function isMissing(error: unknown): boolean {
  const code = fieldOf(error, 'code');
  return code === 'ENOENT' || code === 'ENOTDIR';
}
