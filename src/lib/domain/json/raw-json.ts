/** Values of a JSON text as they are written there: passed on like this, numbers keep all their digits. */
import {JsonCursor} from './json-cursor.js';

/** The JSON text of a value, which stands for it in what is written. */
export class RawJson {
  #text: string | (() => string);

  /** @param text - or what reads it, once it is asked for: an image is megabytes of it, and most tables have none. */
  constructor(text: string | (() => string)) {
    this.#text = text;
  }

  get text(): string {
    if (typeof this.#text !== 'string') this.#text = this.#text();
    return this.#text;
  }
}

/** Bytes of a text, from `start` to before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

type Step = string | number;

/** One for all: it is done with a text before the next one comes, and a new one for each row takes longer than a short row. */
const CURSOR = new JsonCursor();

/** Finds the texts of values inside of one JSON object, whose bytes must stay as they are as long as texts are asked for. */
export class RawReader {
  readonly #bytes: Uint8Array;
  readonly #known = new Map<string, ReadonlyMap<Step, Span>>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The text of the value at this path; undefined when there is none, or the text is one that only `JSON.parse` reads. */
  at(...path: readonly Step[]): RawJson | undefined {
    const span = this.#spanAt(path);
    return span === undefined ? undefined : this.#rawOf(span);
  }

  /** As `at`, its bytes. */
  bytesAt(...path: readonly Step[]): Uint8Array | undefined {
    const span = this.#spanAt(path);
    return span === undefined ? undefined : this.#bytes.subarray(span.start, span.end);
  }

  #spanAt(path: readonly Step[]): Span | undefined {
    let span: Span | undefined = {start: 0, end: this.#bytes.length};
    for (const [depth, step] of path.entries()) {
      if (span === undefined) return undefined;
      span = this.#inside(span, JSON.stringify(path.slice(0, depth)), typeof step === 'number').get(step);
    }
    return span;
  }

  /** The members of the whole object, in their order. */
  members(): ReadonlyMap<string, RawJson> | undefined {
    const spans = this.#inside({start: 0, end: this.#bytes.length}, '[]', false);
    if (spans.size === 0) return undefined;
    return new Map([...spans].map(([name, span]) => [String(name), this.#rawOf(span)]));
  }

  /** Members by name, or elements by number; nothing when the cursor gives up. Of equal names the last counts, as ever. */
  #inside(span: Span, id: string, isList: boolean): ReadonlyMap<Step, Span> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const found = new Map<Step, Span>();
    const visit = (cursor: JsonCursor): boolean => {
      const name = isList ? found.size : this.#textOf(cursor.span);
      const start = cursor.next;
      if (!cursor.skipValue()) return false;
      found.set(name, {start, end: cursor.position});
      return true;
    };
    const isRead = isList
      ? CURSOR.walkList(this.#bytes, span, visit)
      : CURSOR.walkObject(this.#bytes, span, visit);
    const result: ReadonlyMap<Step, Span> = isRead ? found : new Map();
    this.#known.set(id, result);
    return result;
  }

  #rawOf(span: Span): RawJson {
    return new RawJson(() => this.#textOf(span));
  }

  #textOf({start, end}: Span): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString('utf8');
  }
}

/** An object with these members; those that are undefined are left out. */
export function rawObject(members: Iterable<readonly [string, unknown]>): RawJson {
  const texts: string[] = [];
  for (const [name, value] of members) {
    if (value !== undefined) texts.push(`${JSON.stringify(name)}:${rawText(value)}`);
  }
  return new RawJson(`{${texts.join(',')}}`);
}

/** A list of these values. */
export function rawList(values: readonly unknown[]): RawJson {
  return new RawJson(`[${values.map(rawText).join(',')}]`);
}

function rawText(value: unknown): string {
  return value instanceof RawJson ? value.text : JSON.stringify(value);
}
