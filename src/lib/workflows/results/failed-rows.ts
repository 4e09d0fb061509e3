import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {ResultIndex} from '../../domain/result/result-index.js';
import {readResultRow} from '../../domain/result/result-row.js';
import {ResultScan} from '../../domain/result/result-scan.js';
import {BAD_OUTCOMES, type BadRow} from '../../domain/result/row-counts.js';
import {readChunks} from '../request-file/read-chunks.js';
import {walkResults, type WalkInput} from './walk-results.js';

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
export async function* failedRows(input: Omit<WalkInput, 'outcomes'>): AsyncGenerator<FailedRow> {
  const index = new ResultIndex();
  for await (const request of walkResults({...input, outcomes: BAD_OUTCOMES}, index)) {
    const {key, outcome, line, message} = request;
    if (outcome !== 'ok') yield {key, outcome, path: input.requestPath, line, message: message ?? outcome};
  }
  if (!index.hasStrays) return;
  for (const path of input.resultPaths) yield* strayRows(path, index);
}

async function* strayRows(path: string, index: ResultIndex): AsyncGenerator<FailedRow> {
  const scan = new ResultScan();
  let found: FailedRow[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    if (scan.isGood(bytes, start, end) && index.isTaken(scan.key)) return;
    const {key, outcome, message} = readResultRow(bytes.subarray(start, end));
    const line = splitter.lineNumber;
    if (outcome === 'malformed') found.push({key, outcome, path, line, message: message ?? outcome});
    else if (key !== null && !index.isTaken(key)) {
      found.push({key, outcome: 'unknown_key', path, line, message: 'no request has this key'});
    }
  });
  for await (const chunk of readChunks(path)) {
    splitter.push(chunk);
    yield* found;
    found = [];
  }
  splitter.finish();
  yield* found;
}
