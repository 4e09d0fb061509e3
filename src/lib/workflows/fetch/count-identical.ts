import {KeyTable} from '../../domain/request-key/key-table.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {readResultRow, type ResultRow} from '../../domain/result/result-row.js';
import {readChunks} from '../request-file/read-chunks.js';

/**
 * Counts the rows that say again what the first row of their key says: they are harmless, where two answers to one question
 * are not. Reads the result file once more, but only when there are repeated keys.
 *
 * @param repeatedKeys - keys that have more than one row.
 */
export async function countIdentical(resultPath: string, repeatedKeys: KeyTable): Promise<number> {
  if (repeatedKeys.size === 0) return 0;
  const answers = new KeyTable(repeatedKeys.size);
  const firstAnswers = new Map<number, number>();
  let identical = 0;
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    const row = readResultRow(bytes.subarray(start, end));
    const key = row.key === null ? -1 : repeatedKeys.find(row.key);
    if (key === -1) return;
    const answer = answers.add(answerOf(row));
    const first = firstAnswers.get(key);
    if (first === undefined) firstAnswers.set(key, answer);
    else if (first === answer) identical += 1;
  });
  for await (const chunk of readChunks(resultPath)) splitter.push(chunk);
  splitter.finish();
  return identical;
}

/** What a row says, without what differs between two copies of one answer: identity and token counts. */
function answerOf(row: ResultRow): string {
  const data = row.response?.['embedding'] ?? row.response?.['candidates'];
  return `${row.outcome} ${row.text ?? row.message ?? JSON.stringify(data)}`;
}
