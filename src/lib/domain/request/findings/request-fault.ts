/** Tells what a line is that is not JSON in UTF-8: first what the whole file may be, then where the line goes wrong. */
import {isUtf8} from 'node:buffer';
import {findJsonFault} from '../../json/json-fault.js';
import {quoted} from './request-finding.js';
import {LINE_FORM} from './request-mistakes.js';

export interface LineFault {
  readonly text: string;
  /** UTF-16 units of the decoded line before the fault. */
  readonly offset: number;
  /** Whether all of the file is of another kind, so that its other lines say nothing new. */
  readonly isWholeFile: boolean;
}

/** What is known of a line besides its bytes. */
export interface LinePlace {
  /** No line before it holds anything. */
  readonly isFirst: boolean;
  /** No newline ends it. */
  readonly isOpen: boolean;
}

const UTF_16 = 'the file is UTF-16; save it as UTF-8';
const AS_LINES = `write each request on one line: ${LINE_FORM}`;

/** How files of another kind start; most of what is after a text file's would be reported as nonsense. */
const STARTS: readonly {readonly bytes: readonly number[]; readonly text: string}[] = [
  {bytes: [0xef, 0xbb, 0xbf], text: 'the file starts with a byte order mark; save it as UTF-8 without one'},
  {bytes: [0xff, 0xfe], text: UTF_16},
  {bytes: [0xfe, 0xff], text: UTF_16},
  {bytes: [0x1f, 0x8b], text: 'the file is compressed with gzip; unpack it first'},
  {bytes: [0x28, 0xb5, 0x2f, 0xfd], text: 'the file is compressed with zstd; unpack it first'},
  {bytes: [0x50, 0x4b, 0x03, 0x04], text: 'the file is a zip archive or a spreadsheet, not text'},
  {bytes: [0x50, 0x41, 0x52, 0x31], text: 'the file is Parquet, not text'},
];

/** Says why a line, which is not JSON in UTF-8, cannot be read. */
export function findLineFault(line: Buffer, place: LinePlace): LineFault {
  const foreign = place.isFirst ? foreignStart(line) : undefined;
  if (foreign !== undefined) return {text: foreign, offset: 0, isWholeFile: true};
  if (line.includes(0)) return nulFault(line);
  if (!isUtf8(line)) return utf8Fault(line);
  return syntaxFault(line.toString('utf8'), place);
}

function foreignStart(line: Buffer): string | undefined {
  const start = STARTS.find(({bytes}) => bytes.every((byte, at) => line[at] === byte));
  if (start !== undefined) return start.text;
  // Without a mark: of two bytes of an ASCII character one is zero.
  const [first, second] = line;
  return first !== undefined && second !== undefined && (first === 0) !== (second === 0) ? UTF_16 : undefined;
}

function nulFault(line: Buffer): LineFault {
  const text = 'a NUL byte; a broken download or a crash leaves them, and the service refuses them';
  return {text, offset: line.subarray(0, line.indexOf(0)).toString('utf8').length, isWholeFile: false};
}

function utf8Fault(line: Buffer): LineFault {
  // What does not decode comes back as another character, so the first difference is in the first bad sequence.
  const again = Buffer.from(line.toString('utf8'));
  let at = line.findIndex((byte, index) => again[index] !== byte);
  while (at > 0 && !isUtf8(line.subarray(0, at))) at--;
  const byte = (line[at] ?? 0).toString(16).toUpperCase();
  return {
    text: `not UTF-8 (byte ${byte}); save the file as UTF-8`,
    offset: line.subarray(0, at).toString('utf8').length,
    isWholeFile: false,
  };
}

function syntaxFault(text: string, {isFirst, isOpen}: LinePlace): LineFault {
  const {offset, reason, isCutOff} = findJsonFault(text);
  const start = text.trimStart();
  if (isFirst && start.startsWith('[')) {
    return {text: `the file is a JSON list; ${AS_LINES}`, offset: 0, isWholeFile: true};
  }
  if (isCutOff && isOpen) {
    return {text: 'the file ends in the middle of this request; it was cut off', offset, isWholeFile: false};
  }
  if (isFirst && isCutOff && /[[{,:]\s*$/u.test(text)) {
    return {text: `JSON over several lines; ${AS_LINES} (jq -c does it)`, offset: 0, isWholeFile: true};
  }
  if (isFirst && /^[^{"]/u.test(start) && !start.startsWith("'")) {
    const kind = /^[\w "-]+[,;\t]/u.test(start) ? 'the file looks like CSV' : 'not JSON';
    return {text: `${kind}: ${quoted(start.trimEnd())}; ${AS_LINES}`, offset: 0, isWholeFile: true};
  }
  return {text: `not JSON: ${reason}`, offset, isWholeFile: false};
}
