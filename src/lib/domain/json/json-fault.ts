import type {JsonPath} from '../request/findings/request-finding.js';

export interface JsonFault {
  /** UTF-16 units before the fault. */
  readonly offset: number;
  /** What is there, in words that follow "is not JSON:". */
  readonly reason: string;
  /** Whether the text only stops too early. */
  readonly isCutOff: boolean;
}

/** Far deeper than a request is; `JSON.parse` needs no limit because it does not recurse, this reader does. */
const MAX_DEPTH = 1_000;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const BLANKS = /[ \t\r\n]*/uy;
// oxlint-disable-next-line no-control-regex -- the grammar forbids control characters inside a text.
const PLAIN_TEXT = /[^"\\\u0000-\u001F]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy;

/**
 * Finds the first fault of a text that `JSON.parse` refuses, by the grammar of RFC 8259. The messages of the engine
 * say it too, but differ from one version of Node to the next.
 */
export function findJsonFault(text: string): JsonFault {
  try {
    new JsonReader(text).read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return {offset: error.offset, reason: error.message, isCutOff: error.isCutOff};
  }
  return {offset: 0, reason: 'it cannot be parsed', isCutOff: false};
}

/**
 * Where in a JSON text something is: a member where its name starts, an element where its value starts. When the path
 * leads nowhere it is the innermost place on the way that is there.
 *
 * @returns UTF-16 units before it.
 */
export function locateInJson(text: string, path: JsonPath): number {
  const reader = new JsonReader(text, path);
  try {
    reader.read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  return reader.place;
}

class Fault extends Error {
  constructor(
    readonly offset: number,
    reason: string,
    readonly isCutOff: boolean,
  ) {
    super(reason);
  }
}

class JsonReader {
  readonly #text: string;
  readonly #target: JsonPath;
  #at = 0;
  #depth = 0;
  /** How many steps of the target the reader is inside of. */
  #matched = 0;
  #placeDepth = 0;
  #place = 0;

  constructor(text: string, target: JsonPath = []) {
    this.#text = text;
    this.#target = target;
  }

  /** Where the target is, or the innermost part of the way to it. */
  get place(): number {
    return this.#place;
  }

  read(): void {
    this.#skip(BLANKS);
    this.#place = this.#at;
    this.#value();
    if (this.#at < this.#text.length) this.#fail('something follows after its end');
  }

  #value(): void {
    this.#skip(BLANKS);
    const start = this.#text[this.#at];
    if (start === '{') this.#object();
    else if (start === '[') this.#list();
    else if (start === '"') this.#string();
    else this.#scalar();
    this.#skip(BLANKS);
  }

  #object(): void {
    this.#open();
    if (!this.#take('}')) {
      do {
        this.#skip(BLANKS);
        if (this.#text[this.#at] !== '"') this.#failAtName();
        const start = this.#at;
        const name = this.#string();
        this.#skip(BLANKS);
        if (!this.#take(':')) this.#failAt('a colon is missing after a name');
        this.#step(name, start);
      } while (this.#take(','));
      if (!this.#take('}')) this.#failAt('a comma or } is missing');
    }
    this.#depth--;
  }

  #list(): void {
    this.#open();
    if (!this.#take(']')) {
      let index = 0;
      do {
        this.#skip(BLANKS);
        if (this.#text[this.#at] === ']') this.#fail('a comma stands before ]');
        this.#step(index++, this.#at);
      } while (this.#take(','));
      if (!this.#take(']')) this.#failAt('a comma or ] is missing');
    }
    this.#depth--;
  }

  #open(): void {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#fail('it is nested too deeply');
    this.#at++;
    this.#skip(BLANKS);
  }

  /** Reads the value of a member or element, and notes its place when the target is there or further inside. */
  #step(name: string | number, start: number): void {
    const isOnTheWay = this.#matched === this.#depth - 1 && this.#target[this.#matched] === name;
    if (!isOnTheWay) {
      this.#value();
      return;
    }
    this.#matched++;
    if (this.#matched >= this.#placeDepth) {
      this.#placeDepth = this.#matched;
      this.#place = start;
    }
    this.#value();
    this.#matched--;
  }

  /** Reads a string and returns what it means. */
  #string(): string {
    const start = ++this.#at;
    for (;;) {
      this.#skip(PLAIN_TEXT);
      const character = this.#text[this.#at];
      if (character === '"') return meaningOf(this.#text.slice(start, this.#at++));
      if (character === undefined) this.#failAt('');
      if (character !== '\\') this.#fail('a control character stands inside a text; write it as an escape');
      if (!this.#skip(ESCAPE)) this.#fail('a backslash starts no known escape; write \\\\ for a backslash');
    }
  }

  #scalar(): void {
    const word = this.#peek(WORD);
    if (word === 'true' || word === 'false' || word === 'null') this.#at += word.length;
    else if (word !== '') this.#fail(wordReason(word));
    else if (!this.#skip(NUMBER)) this.#failAt(startReason(this.#text[this.#at]));
  }

  #failAtName(): never {
    const character = this.#text[this.#at];
    this.#failAt(character === '}' ? 'a comma stands before }' : nameReason(character));
  }

  /** Fails at the cursor, for `reason` or because the text is over. */
  #failAt(reason: string): never {
    if (this.#at < this.#text.length) this.#fail(reason);
    throw new Fault(this.#at, 'the line ends in the middle of it', true);
  }

  #fail(reason: string): never {
    throw new Fault(this.#at, reason, false);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Whether there was anything to skip. */
  #skip(pattern: RegExp): boolean {
    const {length} = this.#peek(pattern);
    this.#at += length;
    return length > 0;
  }

  #peek(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }
}

function meaningOf(written: string): string {
  return written.includes('\\') ? String(JSON.parse(`"${written}"`)) : written;
}

function wordReason(word: string): string {
  if (word === 'None' || word === 'True' || word === 'False') {
    return `${word} is Python; write the file with json.dumps`;
  }
  if (word === 'NaN' || word === 'Infinity') return `${word} is no number in JSON`;
  return 'no value starts like this; text stands in double quotes';
}

function startReason(character: string | undefined): string {
  if (character === "'") return 'single quotes; write double quotes, in Python with json.dumps';
  if (character === ',') return 'a value is missing before the comma';
  return 'no value starts like this';
}

function nameReason(character: string | undefined): string {
  if (character === "'") return startReason(character);
  return 'a name in double quotes is missing';
}
