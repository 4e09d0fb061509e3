/** Where and why a text is not JSON. */
export interface JsonFault {
  /** Characters before the fault. */
  readonly offset: number;
  /** What is there, in words. */
  readonly reason: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const BLANKS = /[ \t\r\n]*/uy;
// oxlint-disable-next-line no-control-regex -- the grammar forbids control characters inside a text.
const PLAIN_TEXT = /[^"\\\u0000-\u001F]*/uy;

/**
 * Finds the first fault of a text that `JSON.parse` refuses, by the grammar of RFC 8259. The engine's own messages say
 * it too, but differ from one version of Node to the next.
 *
 * @returns undefined when the text is JSON.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return undefined;
  } catch (fault) {
    if (fault instanceof Fault) return {offset: fault.offset, reason: fault.message};
    throw fault;
  }
}

class Fault extends Error {
  constructor(
    readonly offset: number,
    reason: string,
  ) {
    super(reason);
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value(0);
    if (this.#at < this.#text.length) this.#fail('something follows after the end of the object');
  }

  #value(depth: number): void {
    if (depth > 2_000) this.#fail('nesting is too deep');
    this.#skip(BLANKS);
    const start = this.#text[this.#at];
    if (start === '{') this.#object(depth);
    else if (start === '[') this.#list(depth);
    else if (start === '"') this.#string();
    else this.#scalar();
    this.#skip(BLANKS);
  }

  #object(depth: number): void {
    this.#at += 1;
    this.#skip(BLANKS);
    if (this.#take('}')) return;
    for (;;) {
      this.#skip(BLANKS);
      if (this.#text[this.#at] !== '"') this.#failAtName();
      this.#string();
      this.#skip(BLANKS);
      if (!this.#take(':')) this.#fail('a colon is missing after the name');
      this.#value(depth + 1);
      if (this.#take('}')) return;
      if (!this.#take(','))
        this.#fail(this.#isAtEnd ? 'the line ends before its object does' : 'a comma or } is missing');
    }
  }

  #list(depth: number): void {
    this.#at += 1;
    this.#skip(BLANKS);
    if (this.#take(']')) return;
    for (;;) {
      this.#skip(BLANKS);
      if (this.#text[this.#at] === ']') this.#fail('a comma stands before ]');
      this.#value(depth + 1);
      if (this.#take(']')) return;
      if (!this.#take(','))
        this.#fail(this.#isAtEnd ? 'the line ends before its list does' : 'a comma or ] is missing');
    }
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      this.#skip(PLAIN_TEXT);
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail('the line ends inside a text');
      if (character === '"') break;
      if (character !== '\\') this.#fail('a control character stands inside a text; write it as an escape');
      const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/u.exec(this.#text.slice(this.#at, this.#at + 6));
      if (escape === null) this.#fail('a backslash starts no known escape');
      this.#at += escape[0].length;
    }
    this.#at += 1;
  }

  #scalar(): void {
    if (this.#isAtEnd) this.#fail('the line ends where a value belongs');
    const word = this.#peek(WORD);
    if (word !== undefined) {
      if (word === 'true' || word === 'false' || word === 'null') this.#at += word.length;
      else this.#fail(wordReason(word));
      return;
    }
    const number = this.#peek(NUMBER);
    if (number === undefined)
      this.#fail(
        this.#text[this.#at] === "'" ? 'single quotes are not JSON; write "…"' : 'no value starts like this',
      );
    else this.#at += number.length;
  }

  #failAtName(): never {
    const character = this.#text[this.#at];
    if (character === undefined) this.#fail('the line ends before its object does');
    if (character === '}') this.#fail('a comma stands before }');
    if (character === "'") this.#fail('single quotes are not JSON; write "…"');
    return this.#fail('a name in double quotes is missing');
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skip(pattern: RegExp): void {
    this.#at += this.#peek(pattern)?.length ?? 0;
  }

  #peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #fail(reason: string): never {
    throw new Fault(this.#at, reason);
  }
}

function wordReason(word: string): string {
  if (word === 'None' || word === 'True' || word === 'False') return `${word} is Python, not JSON`;
  if (word === 'NaN' || word === 'Infinity') return `${word} is not JSON`;
  return 'no value starts like this';
}
