import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {ResultIndex} from '../../domain/result/result-index.js';
import {MAX_ROW_BYTES, TOO_LONG} from '../../domain/result/result-limits.js';
import {RowReader} from '../../domain/result/row-reader.js';
import {BAD_OUTCOMES, type BadRow} from '../../domain/result/row-counts.js';
import {readChunks} from '../request-file/read-chunks.js';
import {splitFile} from '../request-file/split-file.js';
import {openWalk, type WalkInput} from './walk-results.js';

/** A bad row and the file in which its `line` is: the request file, or a result file for rows without a request. */
export interface FailedRow extends BadRow {
  readonly path: string;
}

/**
 * Lists all that did not work: first the requests without a good answer, in their order, then the rows that answer no
 * request (malformed, unknown key). Repeated rows are not among them, their request has its answer.
 *
 * @throws what the file system says when a file cannot be read.
 */
export async function* failedRows(input: WalkInput): AsyncGenerator<FailedRow> {
  const walk = await openWalk(input);
  for await (const request of walk.requests(BAD_OUTCOMES)) {
    const {key, outcome, line, message} = request;
    if (outcome !== 'ok') yield {key, outcome, path: input.requestPath, line, message: message ?? outcome};
  }
  if (!walk.index.hasUnmatched) return;
  for (const path of input.resultPaths) yield* unmatchedRows(path, walk.index);
}

async function* unmatchedRows(path: string, index: ResultIndex): AsyncGenerator<FailedRow> {
  const reader = new RowReader();
  const found: FailedRow[] = [];
  const onTooLong = (): void => {
    found.push({key: null, outcome: 'malformed', path, line: splitter.lineNumber, message: TOO_LONG});
  };
  const splitter: LineSplitter = new LineSplitter(
    (bytes, start, end) => {
      if (isBlank(bytes, start, end)) return;
      const {key, outcome, message} = reader.read(bytes, start, end);
      const text = key === null || typeof key === 'string' ? key : Buffer.from(key).toString('utf8');
      const line = splitter.lineNumber;
      if (outcome === 'malformed') found.push({key: text, outcome, path, line, message: message ?? outcome});
      else if (key !== null && !index.isTaken(key)) {
        found.push({key: text, outcome: 'unknown_key', path, line, message: 'no request has this key'});
      }
    },
    {maxBytes: MAX_ROW_BYTES, onTooLong},
  );
  for await (const part of splitFile(readChunks(path), splitter, found)) yield* part;
}
