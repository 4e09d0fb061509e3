import {KeyScan} from '../../domain/request-key/key-scan.js';
import type {KeyTable} from '../../domain/request-key/key-table.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {ResultChecker} from '../../domain/result/result-file.js';
import {whyMissing, type BadRow} from '../../domain/result/row-counts.js';
import {readChunks} from '../request-file/read-chunks.js';

/** What `findMissing` is told. */
export interface MissingSearch {
  readonly requestPath: string | null;
  /** The keys of the request file, numbered in its order; null when there are none to look for. */
  readonly keys: KeyTable | null;
  /** The checker of the result file, after its `finish`. */
  readonly checker: ResultChecker;
  /** How many to find. */
  readonly limit: number;
}

/**
 * Names the first requests that no row answers, by reading the request file once more up to the last of them.
 *
 * @throws what the file system says when the file cannot be read any more.
 */
export async function findMissing({requestPath, keys, checker, limit}: MissingSearch): Promise<BadRow[]> {
  const found: BadRow[] = [];
  if (requestPath === null || keys === null || limit <= 0) return found;
  const scan = new KeyScan();
  let newIndex = 0;
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end) || found.length >= limit) return;
    const key = scan.keyOf(bytes, start, end);
    const index = key === null ? -1 : keys.find(key);
    const isFirst = index === newIndex;
    if (isFirst) newIndex++;
    if (isFirst && checker.outcomeOf(index) !== 'missing') return;
    found.push({
      key: key === null ? null : Buffer.from(key).toString('utf8'),
      outcome: 'missing',
      line: splitter.lineNumber,
      message: whyMissing({hasKey: key !== null, isRepeated: !isFirst}),
    });
  });
  for await (const chunk of readChunks(requestPath)) {
    splitter.push(chunk);
    if (found.length >= limit) return found;
  }
  splitter.finish();
  return found;
}
