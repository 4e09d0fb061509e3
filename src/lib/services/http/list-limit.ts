import type {Clock} from '../../domain/clock.js';
import {malformedReplyError} from './service-error.js';

/** A job is described in about 1 KiB, so this is a quarter of a million of them; a caller may keep the whole list in memory. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;
/** At a hundred items a page this is a million. It ends a list whose pages are empty. */
const MAX_PAGES = 10_000;
/** Of a hundred thousand jobs the pages come in minutes. It ends a list whose pages come slowly. */
const MAX_LIST_MS = 3_600_000;

/** Ends a list that goes round in a circle, or goes on beyond anything that a project can have. */
export class ListLimit {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #seenTokens = new Set<string>();
  #bytes = 0;
  #pages = 0;

  /** @param name - what the list is called in messages. */
  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    this.#startMs = clock.monotonic();
  }

  /**
   * Counts a page.
   *
   * @param nextToken - of the page that it announces; undefined when it is the last.
   * @throws GembatchError `SERVICE`
   */
  count(sizeBytes: number, nextToken: string | undefined): void {
    this.#bytes += sizeBytes;
    this.#pages += 1;
    if (this.#bytes > MAX_LIST_BYTES) throw this.#endless(`more than ${MAX_LIST_BYTES} bytes`);
    if (nextToken === undefined) return;
    if (this.#seenTokens.has(nextToken))
      throw malformedReplyError(this.#name, 'its pages go round in a circle');
    this.#seenTokens.add(nextToken);
    if (this.#pages >= MAX_PAGES) throw this.#endless(`more than ${MAX_PAGES} pages`);
    if (this.#clock.monotonic() - this.#startMs > MAX_LIST_MS)
      throw this.#endless(`pages for more than ${MAX_LIST_MS / 60_000} minutes`);
  }

  #endless(what: string): Error {
    return malformedReplyError(this.#name, `it does not end: ${what}`);
  }
}
