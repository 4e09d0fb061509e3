import {fieldOf, isText} from '../../domain/json/json-object.js';
import {hasData} from '../../domain/result/result-answer.js';
import {KeyTable} from '../../domain/request-key/key-table.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {readResultRow, type ResultRow} from '../../domain/result/result-row.js';
import {readChunks} from '../request-file/read-chunks.js';

/**
 * Counts the rows that say again what the first row of their key says: they are harmless, where two answers to one question
 * are not. Reads the result file once more, but only when there are repeated keys.
 *
 * @param repeatedKeys - keys that have more than one row.
 * @param onCopy - called for each row that is the response of the first row of its key once more, by its `responseId`.
 */
export async function countIdentical(
  resultPath: string,
  repeatedKeys: KeyTable,
  onCopy: (bytes: Uint8Array, row: {readonly start: number; readonly end: number}) => void = () => undefined,
): Promise<number> {
  if (repeatedKeys.size === 0) return 0;
  const answers = new KeyTable(repeatedKeys.size);
  const firsts = new Map<number, {readonly answer: number; readonly id: unknown}>();
  let identical = 0;
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    const row = readResultRow(bytes.subarray(start, end));
    const key = row.key === null ? -1 : repeatedKeys.find(row.key);
    if (key === -1) return;
    const answer = answers.add(answerOf(row));
    const id = row.response?.['responseId'];
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, {answer, id});
    else if (first.answer === answer) {
      identical += 1;
      if (isText(id) && first.id === id) onCopy(bytes, {start, end});
    }
  });
  for await (const chunk of readChunks(resultPath)) splitter.push(chunk);
  splitter.finish();
  return identical;
}

/** What a row says, without what differs between two copies of one answer: identity and token counts. */
function answerOf({outcome, texts, message, response}: ResultRow): string {
  const candidates = response?.['candidates'];
  const data = (Array.isArray(candidates) ? candidates : []).map((candidate: unknown) => {
    const parts = fieldOf(fieldOf(candidate, 'content'), 'parts');
    return Array.isArray(parts) ? parts.filter(hasData) : [];
  });
  return JSON.stringify([outcome, texts, message, data, response?.['embedding']]);
}
