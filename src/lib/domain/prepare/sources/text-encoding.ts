/** Tells the encoding of a text by its first bytes. */
import {isUtf8} from 'node:buffer';

/** An encoding by its usual name, as iconv-lite takes it. */
export interface TextEncoding {
  readonly name: string;
  /** Whether a mark says so; otherwise it is the likely one. */
  readonly isMarked: boolean;
}

const MARKS: readonly {readonly bytes: readonly number[]; readonly name: string}[] = [
  {bytes: [0xef, 0xbb, 0xbf], name: 'utf-8'},
  {bytes: [0xff, 0xfe, 0, 0], name: 'utf-32le'},
  {bytes: [0, 0, 0xfe, 0xff], name: 'utf-32be'},
  {bytes: [0xff, 0xfe], name: 'utf-16le'},
  {bytes: [0xfe, 0xff], name: 'utf-16be'},
];
/** A cut at the end of a sample is no fault of the text. */
const LONGEST_CHARACTER = 4;

/** The encoding of a text that starts with these bytes. */
export function recogniseEncoding(head: Uint8Array): TextEncoding {
  const mark = MARKS.find(({bytes}) => bytes.every((byte, at) => head[at] === byte));
  if (mark !== undefined) return {name: mark.name, isMarked: true};
  return {name: unmarked(head), isMarked: false};
}

/** How many bytes at the end of a chunk are the start of a UTF-8 character that goes on in the next one. */
export function openUtf8Bytes(chunk: Uint8Array): number {
  for (let back = 1; back < LONGEST_CHARACTER && back <= chunk.length; back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function unmarked(head: Uint8Array): string {
  const [first, second] = head;
  // Of two bytes of an ASCII character in UTF-16 one is zero.
  if (first !== undefined && second === 0 && first !== 0) return 'utf-16le';
  if (first === 0 && second !== undefined && second !== 0) return 'utf-16be';
  if (isUtf8(head.subarray(0, head.length - openUtf8Bytes(head)))) return 'utf-8';
  // A superset of ISO 8859-1 in all that is printed, and what Windows programs write: https://encoding.spec.whatwg.org
  return 'windows-1252';
}
