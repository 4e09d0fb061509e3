import {GembatchError} from '../../../domain/errors.js';
import {Utf8Scratch} from '../../../domain/text/utf8-scratch.js';
import type {PreparedKeys} from '../template/key-maker.js';
import type {MadeRequest} from '../template/made-request.js';
import type {RequestRecipe} from '../template/request-recipe.js';
import type {Source, SourceRow} from '../sources/source.js';

/** Keys that are named beside their count. */
export const MAX_KEYS_NAMED = 5;

/** Takes a line; false when it has enough. */
export type TakeLine = (line: Uint8Array) => boolean | Promise<boolean>;

export interface RowPassOptions {
  readonly skipsEmpty: boolean;
  readonly maxBytes: number;
  /** Rows that have changed make new requests; otherwise they are only counted. */
  readonly makesChanged: boolean;
}

/** One pass over all rows: makes their lines, and counts what they are beside those of earlier runs. */
export class RowPass {
  rows = 0;
  newRequests = 0;
  unchanged = 0;
  skippedEmpty = 0;
  changedCount = 0;
  readonly changedKeys: string[] = [];
  readonly #scratch = new Utf8Scratch();

  constructor(
    private readonly recipe: RequestRecipe,
    private readonly keys: PreparedKeys,
    private readonly options: RowPassOptions,
  ) {}

  /**
   * Goes over all rows in their order.
   *
   * @param take - takes the line of each new request with its line end, only during the call; false when it has enough.
   * @param afterBatch - called after some rows.
   * @throws GembatchError FILE_*, with the place of the row.
   */
  async eachNewLine(sources: readonly Source[], take: TakeLine, afterBatch: () => void): Promise<void> {
    for (const [index, source] of sources.entries()) {
      for await (const rows of source.batches()) {
        for (const row of rows) {
          const made = this.recipe.make(source, row);
          // To wait for each row would take as long as all the rest.
          const request = made instanceof Promise ? await made : made;
          const line = this.#lineOf(request, {source, index, row});
          const taken = line === undefined ? true : take(line);
          if ((typeof taken === 'boolean' ? taken : await taken) === false) return;
        }
        afterBatch();
      }
    }
  }

  #lineOf(
    request: MadeRequest | undefined,
    {source, index, row}: {source: Source; index: number; row: SourceRow},
  ): Uint8Array | undefined {
    this.rows++;
    if (request === undefined) return this.#skip(source, row);
    const key = request.key ?? this.keys.keyFor(this.#scratch.encode(request.json));
    const line = this.#scratch.encode(`{"key":${JSON.stringify(key)},"request":${request.json}}\n`);
    const news = this.keys.add(key, line.subarray(0, -1), {source: index, row});
    if (news === 'unchanged') this.unchanged++;
    if (news === 'changed' && this.changedCount++ < MAX_KEYS_NAMED) this.changedKeys.push(key);
    const {maxBytes, makesChanged} = this.options;
    if (news === 'unchanged' || (news === 'changed' && !makesChanged)) return undefined;
    if (line.length > maxBytes) throw tooLong(source.placeOf(row.at), line.length, maxBytes);
    this.newRequests++;
    return line;
  }

  #skip(source: Source, row: SourceRow): undefined {
    this.skippedEmpty++;
    if (this.options.skipsEmpty) return;
    throw new GembatchError(
      'FILE_INVALID',
      `${source.placeOf(row.at)}: the prompt is empty. Nothing was written.`,
      {
        suggestions: ['Fill the row, or leave such rows out: --skip-empty'],
      },
    );
  }
}

function tooLong(place: string, length: number, limit: number): GembatchError {
  return new GembatchError(
    'FILE_TOO_LARGE',
    `${place}: the request has ${length} bytes, a file may have ${limit}. Nothing was written.`,
    {
      suggestions: ['Make the request smaller, or raise --max-bytes.'],
    },
  );
}
