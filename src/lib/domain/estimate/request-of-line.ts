import {isObject, type JsonObject} from '../json/json-object.js';

/** The request of a line. A line that is none is what `submit` complains about; it is estimated as the text that it is. */
export function requestOfLine(bytes: Uint8Array, start: number, end: number): JsonObject {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  try {
    const line: unknown = JSON.parse(text);
    if (isObject(line) && isObject(line['request'])) return line['request'];
  } catch {
    // Not JSON.
  }
  return {contents: [{parts: [{text}]}]};
}
