import {JsonCursor, type Visit} from '../json/json-cursor.js';

const INLINE_DATA = Buffer.from('inlineData');
const DATA = Buffer.from('data');
/** Shorter ones may stay: only images and sounds are worth a look of their own. */
const LONG_BYTES = 16 * 1024;

/** Data that are no more than empty are something else. */
const KEPT_BYTES = 4;

const cursor = new JsonCursor();

/**
 * A result row as JSON, in which of the data of images and sounds only the start is left if they are long: as values of the language they would
 * take several times the memory of the row. Where they are in the row, `RawReader` finds out.
 *
 * @param line - the bytes of the row; they are given back when nothing is left out.
 */
export function withoutMedia(line: Uint8Array): Uint8Array {
  if (line.length < LONG_BYTES) return line;
  const kept: Uint8Array[] = [];
  let keptEnd = 0;
  const onInlineData: Visit = (at) => {
    if (!at.is(DATA) || !at.isString()) return at.skipValue();
    if (!at.skipString()) return false;
    const {start, end} = at.span;
    if (at.isPlain && end - start >= LONG_BYTES) {
      kept.push(line.subarray(keptEnd, start + KEPT_BYTES));
      keptEnd = end;
    }
    return true;
  };
  const onValue: Visit = (at) => {
    if (at.isObject()) return at.eachMember(onMember);
    return at.isArray() ? at.eachElement(onValue) : at.skipValue();
  };
  const onMember: Visit = (at) =>
    at.is(INLINE_DATA) && at.isObject() ? at.eachMember(onInlineData) : onValue(at);
  if (!cursor.walkObject(line, {start: 0, end: line.length}, onMember) || kept.length === 0) return line;
  return Buffer.concat([...kept, line.subarray(keptEnd)]);
}
