/** Turns rows of Vertex AI into those of the Gemini API, so that all that reads results knows one form. */
import {RawReader, rawObject} from '../../domain/json/raw-json.js';

const QUICK_CODE = /"code"\s*:\s*(?<code>\d{1,3})\b/u;

/**
 * A row in the form of the Gemini API: `key`, then `response`, or `error` where the row says in `status` what went wrong. The
 * request, which the row repeats, is left out. What is no such row stays as it is, so that nothing of it is lost.
 *
 * @param line - without its newline.
 */
export function geminiRow(line: Uint8Array): Uint8Array {
  const reader = new RawReader(line);
  const key = reader.at('key');
  const response = reader.at('response');
  const status = reader.at('status');
  if (key === undefined || (response === undefined && status === undefined)) return line;
  const error = errorIn(status?.text);
  const answer =
    response === undefined || response.text === '{}' || response.text === 'null' ? undefined : response;
  if (error === undefined && answer === undefined) return line;
  return Buffer.from(
    rawObject([
      ['key', key],
      ['error', error],
      ['response', error === undefined ? answer : undefined],
    ]).text,
  );
}

/** @param status - the JSON text of the field. */
function errorIn(status: string | undefined): unknown {
  const value: unknown = status === undefined ? undefined : JSON.parse(status);
  if (typeof value !== 'string') return typeof value === 'object' && value !== null ? value : undefined;
  if (value.trim() === '') return undefined;
  const code = QUICK_CODE.exec(value)?.groups?.['code'];
  return {...(code === undefined ? {} : {code: Number(code)}), message: value};
}
