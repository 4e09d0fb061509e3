import {ServiceError} from './service-error.js';

const DEFAULT_SIZE = 10;
const MAX_SIZE = 100;

/** A page of a list as the service sends it: no empty list, no token on the last page. */
export function pageOf<T>(
  url: URL,
  list: {
    readonly name: string;
    readonly items: readonly T[];
    readonly idOf: (item: T) => string;
    readonly maxSize?: number;
  },
  resource: (item: T) => unknown,
): Record<string, unknown> {
  const size = Math.min(sizeOf(url.searchParams.get('pageSize')), list.maxSize ?? MAX_SIZE);
  const token = url.searchParams.get('pageToken') ?? '';
  const start = token === '' ? 0 : startOf(list.items.map(list.idOf), token);
  const items = list.items.slice(start, start + size);
  const last = items.at(-1);
  const isLast = start + size >= list.items.length;
  return {
    ...(items.length === 0 ? {} : {[list.name]: items.map(resource)}),
    ...(isLast || last === undefined
      ? {}
      : {nextPageToken: Buffer.from(list.idOf(last)).toString('base64url')}),
  };
}

function sizeOf(text: string | null): number {
  if (text === null || text === '') return DEFAULT_SIZE;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 0)
    throw new ServiceError(400, `Invalid value for page_size: ${text}`);
  return size === 0 ? DEFAULT_SIZE : size;
}

/** A token names the last item of the page before, so that items that come or go do not move the others. */
function startOf(ids: readonly string[], token: string): number {
  const at = ids.indexOf(Buffer.from(token, 'base64url').toString());
  if (at === -1) throw new ServiceError(400, 'Invalid page token.');
  return at + 1;
}
