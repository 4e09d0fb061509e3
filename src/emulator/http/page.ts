import {ServiceError} from './service-error.js';

const DEFAULT_SIZE = 10;
const MAX_SIZE = 100;

export interface PagedList<T> {
  /** What the collection is called in the answer. */
  readonly name: string;
  /** In descending order of their positions. */
  readonly items: readonly T[];
  /** Stays the same for as long as the item exists, so that pages hold while others come and go. */
  readonly positionOf: (item: T) => number;
  /** What one item looks like. */
  readonly resourceOf: (item: T) => unknown;
  readonly defaultSize?: number;
  readonly maxSize?: number;
}

/** The items of the page that a request asks for, and the token of the next page; none when this is the last. */
export function pageOf<T>(
  {searchParams}: URL,
  list: PagedList<T>,
): {items: readonly T[]; nextPageToken?: string} {
  // No filter is documented for these lists, and an ignored one would look as if it had found what it names.
  if (searchParams.get('filter'))
    throw new ServiceError(501, 'Operation is not implemented, or supported, or enabled.');
  const size = sizeOf(searchParams.get('pageSize') ?? searchParams.get('page_size'), list);
  const token = searchParams.get('pageToken') ?? searchParams.get('page_token') ?? '';
  const rest = token === '' ? list.items : itemsAfter(list, token);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) return {items};
  return {items, nextPageToken: Buffer.from(`after ${list.positionOf(last)}`).toString('base64url')};
}

/** A page as the service sends it: an empty list is left out, and so is the token on the last page. */
export function pageReply<T>(url: URL, list: PagedList<T>): Record<string, unknown> {
  const {items, nextPageToken} = pageOf(url, list);
  return {
    ...(items.length === 0 ? {} : {[list.name]: items.map(list.resourceOf)}),
    ...(nextPageToken === undefined ? {} : {nextPageToken}),
  };
}

function sizeOf(
  text: string | null,
  {defaultSize = DEFAULT_SIZE, maxSize = MAX_SIZE}: {defaultSize?: number; maxSize?: number},
): number {
  const size = Number(text ?? 0);
  if (!Number.isInteger(size) || size < 0)
    throw new ServiceError(400, `Invalid value for page_size: ${text}`);
  return Math.min(size === 0 ? defaultSize : size, maxSize);
}

function itemsAfter<T>({items, positionOf}: PagedList<T>, token: string): readonly T[] {
  const [, position] = /^after (?<position>-?\d+)$/u.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (position === undefined) throw new ServiceError(400, 'Invalid page token.');
  return items.filter((item) => positionOf(item) < Number(position));
}
