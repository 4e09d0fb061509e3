/**
 * Checks a request file while its bytes stream by, once: counts and hashes it, and holds each line against the rules.
 * Memory grows with the number of keys (about 25 bytes each), not with the size of the file.
 */
import {isAscii, isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import {findJsonFault} from './json-fault.js';
import {KeyTable} from './key-table.js';
import {isBlank, LineSplitter} from './line-splitter.js';
import {judgeLine, type LineVerdict} from './request-line.js';

/** A place in a request file and what is the matter there. */
export interface LineFinding {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1; absent where the whole line is meant. */
  readonly column?: number;
  readonly text: string;
}

/** What is known of a request file when its last byte has been seen. */
export interface RequestFileFacts {
  /** Non-empty lines, each a request. */
  readonly count: number;
  readonly sizeBytes: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly problems: readonly LineFinding[];
  readonly warnings: readonly LineFinding[];
  /** How many lines have a warning; `warnings` holds the first few. */
  readonly warningCount: number;
}

/** More problems than this say nothing new: the file is of another kind altogether. */
const MAX_PROBLEMS = 20;
const MAX_WARNINGS = 5;

/** The check of one request file. */
export class RequestFileCheck {
  readonly #isValidated: boolean;
  readonly #hash = createHash('sha256');
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#line(bytes, start, end));
  readonly #keys = new KeyTable();
  /** Line of each key, by its number in `#keys`. */
  #keyLines = new Uint32Array(1024);
  readonly #problems: LineFinding[] = [];
  readonly #warnings: LineFinding[] = [];
  #warningCount = 0;
  #count = 0;
  #sizeBytes = 0;
  /** Whether the lines that come now are known to be ASCII, because their chunk is. */
  #isAsciiChunk = false;
  #wasAsciiChunk = true;

  /** @param isValidated - false only counts and hashes. */
  constructor(isValidated: boolean) {
    this.#isValidated = isValidated;
  }

  /** Whether so much is wrong that the rest of the file need not be read. */
  get isHopeless(): boolean {
    return this.#problems.length >= MAX_PROBLEMS;
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    if (this.#sizeBytes === 0 && this.#isValidated) this.#judgeStart(chunk);
    this.#sizeBytes += chunk.length;
    this.#hash.update(chunk);
    if (this.isHopeless) return;
    const isChunkAscii = this.#isValidated && isAscii(chunk);
    // The first line of a chunk may have begun in the chunk before.
    this.#isAsciiChunk = isChunkAscii && this.#wasAsciiChunk;
    this.#wasAsciiChunk = isChunkAscii;
    this.#splitter.push(chunk);
  }

  /** Ends the file. */
  finish(): RequestFileFacts {
    if (!this.isHopeless) this.#splitter.finish();
    return {
      count: this.#count,
      sizeBytes: this.#sizeBytes,
      sha256: this.#hash.digest('hex'),
      problems: this.#problems,
      warnings: this.#warnings,
      warningCount: this.#warningCount,
    };
  }

  /** Names files of another kind by their first bytes; everything else they hold would only confuse. */
  #judgeStart(chunk: Uint8Array): void {
    const text = foreignStart(chunk);
    if (text === undefined) return;
    while (this.#problems.length < MAX_PROBLEMS) this.#problems.push({line: 1, column: 1, text});
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.#count += 1;
    if (!this.#isValidated || this.isHopeless) return;

    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    if (!this.#isAsciiChunk && !isUtf8(line)) {
      this.#report(utf8Finding(line));
      return;
    }
    // JSON's structure is ASCII, so a reading of the bytes as Latin-1 has the same structure and is made faster.
    const value = parse(line.toString('latin1'));
    if (value === undefined) this.#report(syntaxFinding(line));
    else this.#judge(value, line);
  }

  #judge(value: unknown, line: Buffer): void {
    const verdict: LineVerdict = judgeLine(value);
    if (verdict.problem !== undefined) this.#report({text: verdict.problem});
    else this.#noteKey(value, line);
    if (verdict.warning === undefined) return;
    this.#warningCount += 1;
    if (this.#warnings.length < MAX_WARNINGS) {
      this.#warnings.push({line: this.#splitter.lineNumber, text: verdict.warning});
    }
  }

  #noteKey(value: unknown, line: Buffer): void {
    const key = keyOf(value, line);
    const sizeBefore = this.#keys.size;
    const index = this.#keys.add(key);
    if (index < sizeBefore) {
      this.#report({text: `has the same key as line ${this.#keyLines[index] ?? 0}: "${excerpt(key)}"`});
      return;
    }
    if (index === this.#keyLines.length) {
      const larger = new Uint32Array(this.#keyLines.length * 2);
      larger.set(this.#keyLines);
      this.#keyLines = larger;
    }
    this.#keyLines[index] = this.#splitter.lineNumber;
  }

  #report(finding: Omit<LineFinding, 'line'>): void {
    if (!this.isHopeless) this.#problems.push({line: this.#splitter.lineNumber, ...finding});
  }
}

const STARTS: readonly {readonly bytes: readonly number[]; readonly text: string}[] = [
  {bytes: [0xef, 0xbb, 0xbf], text: 'starts with a byte order mark; save the file as UTF-8 without one'},
  {bytes: [0xff, 0xfe], text: 'is UTF-16; save the file as UTF-8'},
  {bytes: [0xfe, 0xff], text: 'is UTF-16; save the file as UTF-8'},
  {bytes: [0x1f, 0x8b], text: 'is compressed with gzip; unpack it first'},
  {bytes: [0x50, 0x4b, 0x03, 0x04], text: 'is a zip archive; unpack it first'},
];

function foreignStart(chunk: Uint8Array): string | undefined {
  const start = STARTS.find(({bytes}) => bytes.every((byte, at) => chunk[at] === byte));
  if (start !== undefined) return start.text;
  const isUtf16 = (chunk[0] === 0 && chunk[1] !== 0) || (chunk[0] !== 0 && chunk[1] === 0);
  return isUtf16 && chunk.length > 1 ? 'is UTF-16; save the file as UTF-8' : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A key with other than ASCII characters is read again in its real encoding. */
function keyOf(value: unknown, line: Buffer): string {
  const {key} = value as {key: string};
  if (isAsciiText(key)) return key;
  return (JSON.parse(line.toString('utf8')) as {key: string}).key;
}

function isAsciiText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}

function utf8Finding(line: Buffer): Omit<LineFinding, 'line'> {
  if (line.includes(0)) return {column: 1, text: 'holds NUL bytes; the file may be UTF-16: save it as UTF-8'};
  // What does not decode becomes U+FFFD, so its first place is where the bytes go wrong.
  const at = line.toString('utf8').indexOf('\uFFFD');
  return {column: at + 1, text: 'is not valid UTF-8'};
}

function syntaxFinding(line: Buffer): Omit<LineFinding, 'line'> {
  const text = line.toString('utf8');
  if (text.includes('\0'))
    return {
      column: text.indexOf('\0') + 1,
      text: 'holds NUL bytes; the file may be UTF-16: save it as UTF-8',
    };
  const start = text.trimStart();
  if (/^[[{]\s*$/u.test(start)) {
    return {
      column: 1,
      text: 'is JSON over several lines; write each request on a line of its own (jq -c does it)',
    };
  }
  if (!start.startsWith('{') && !start.startsWith('['))
    return {column: 1, text: `is not JSON: "${excerpt(start)}"`};
  const fault = findJsonFault(text);
  if (fault === undefined) return {text: 'is not JSON'};
  return {column: Array.from(text.slice(0, fault.offset)).length + 1, text: `is not JSON: ${fault.reason}`};
}

function excerpt(text: string): string {
  const visible = text.replaceAll(/\p{C}/gu, '?');
  return visible.length > 40 ? `${visible.slice(0, 39)}…` : visible;
}
