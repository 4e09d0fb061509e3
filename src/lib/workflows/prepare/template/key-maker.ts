import {ExactNumber} from '../../../domain/json/exact-json.js';
import {GembatchError} from '../../../domain/errors.js';
import {NumberList} from '../../../domain/prepare/number-list.js';
import {hashOfLine, keyOfRequest} from '../../../domain/prepare/request-hash.js';
import {quoted} from '../../../domain/request/findings/request-finding.js';
import {KeyTable} from '../../../domain/request-key/key-table.js';
import type {Source, SourceRow} from '../sources/source.js';

/** Room for the number of a row beside that of its source, in a whole number. */
const ROWS = 2 ** 40;

/** What a line is beside the request files that were made before. */
export type LineNews = 'new' | 'unchanged' | 'changed';

/**
 * The keys of all requests, those of earlier runs included, in some 35 bytes each: each is there once, and it is known
 * which were not seen again.
 */
export class PreparedKeys {
  readonly #keys = new KeyTable();
  /** Hash of the line that an earlier run made. */
  readonly #lineHashes = new NumberList();
  /** Where a key was in this run: source and row. */
  readonly #places = new NumberList();
  /** How many requests of this run have a hash, by the number of the key that is the hash. */
  readonly #ordinals = new NumberList();
  #earlierCount = 0;
  #seenCount = 0;

  constructor(private readonly sources: readonly Source[]) {}

  /** How many keys of earlier runs the source has no more. */
  get goneCount(): number {
    return this.#earlierCount - this.#seenCount;
  }

  /** Notes a line of a file that was made before. */
  addEarlier(key: string | Uint8Array, line: Uint8Array): void {
    this.#lineHashes.set(this.#keys.add(key), hashOfLine(line));
    this.#earlierCount = this.#keys.size;
  }

  /** Whether a key of earlier runs was not seen in this one. */
  isGone(key: string | Uint8Array): boolean {
    return this.#places.get(this.#keys.find(key)) === 0;
  }

  /** A key for a request that has none: its hash, and a number behind it when others are equal. */
  keyFor(request: Uint8Array): string {
    const hash = keyOfRequest(request);
    const index = this.#keys.add(hash);
    const ordinal = this.#ordinals.get(index) + 1;
    this.#ordinals.set(index, ordinal);
    return ordinal === 1 ? hash : `${hash}-${ordinal}`;
  }

  /** The number of a key that was noted, from 0; -1 for any other. */
  indexOf(key: string): number {
    return this.#keys.find(key);
  }

  /**
   * Notes the key of a row.
   *
   * @throws GembatchError FILE_INVALID that names both rows when another row has the key.
   */
  add(key: string, line: Uint8Array, {source, row}: {source: number; row: SourceRow}): LineNews {
    const index = this.#keys.add(key);
    const place = this.#places.get(index);
    if (place !== 0) throw this.#twice(key, place, {source, at: row.at});
    this.#places.set(index, source * ROWS + row.at);
    if (index >= this.#earlierCount) return 'new';
    this.#seenCount++;
    return this.#lineHashes.get(index) === hashOfLine(line) ? 'unchanged' : 'changed';
  }

  #twice(key: string, place: number, second: {source: number; at: number}): GembatchError {
    const first = this.sources[Math.floor(place / ROWS)]?.placeOf(place % ROWS) ?? '';
    const now = this.sources[second.source]?.placeOf(second.at) ?? '';
    return new GembatchError(
      'FILE_INVALID',
      `${now}: the key ${quoted(key)} is already used by ${first}; each row needs its own. Nothing was written.`,
      {
        details: {key},
        suggestions: [
          'Name a column that is different in each row, or leave --key out: then keys are made of the requests.',
        ],
      },
    );
  }
}

/**
 * The key of a row in a column.
 *
 * @throws GembatchError FILE_INVALID when it is empty, or no text and no number.
 */
export function keyInColumn(column: string, values: SourceRow['values'], place: () => string): string {
  const value = values[column];
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber)
    return String(value);
  const isEmpty = value === undefined || value === null || value === '';
  throw new GembatchError(
    'FILE_INVALID',
    `${place()}: the key in column "${column}" is ${isEmpty ? 'empty' : 'neither text nor a number'}. Nothing was written.`,
    {suggestions: ['Give each row a key, or leave --key out: then keys are made of the requests.']},
  );
}
