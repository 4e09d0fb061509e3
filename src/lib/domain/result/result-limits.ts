/**
 * The most that a row of a result file may have to be looked into, in bytes. Rows with several images have some tens of MB; a text that is
 * longer than twice this cannot be held by the language at all.
 */
export const MAX_ROW_BYTES = 256 * 1024 * 1024;

/** What is said of a longer one: it is on disk, and is not looked into. */
export const TOO_LONG = 'the row has more than 256 MiB';

/** The most that a result file may have, in bytes; the largest that were heard of have some GB. */
const MAX_RESULT_BYTES = 256 * 1024 ** 3;

/** Rows that a result file may have beside one for each request, such as one that came twice. */
const MORE_ROWS = 16;

/** The most bytes that the results of so many requests may have; null when they were not counted. */
export function maxResultBytes(requests: number | null): number {
  if (requests === null) return MAX_RESULT_BYTES;
  return Math.min(MAX_RESULT_BYTES, (requests + MORE_ROWS) * MAX_ROW_BYTES);
}
