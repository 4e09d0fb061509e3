/** What may stand between the columns of a table; of equal counts the first one wins. */
const DELIMITERS = [',', ';', '\t', '|'] as const;

/** What stands between the columns of a table that starts like this: what is most often in its first line, outside of quotes. */
export function recogniseDelimiter(head: string): string {
  const line = firstRecord(head);
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

function firstRecord(head: string): string {
  const unquoted = head.replace(/^\uFEFF/u, '').replaceAll(/"(?:[^"]|"")*"/gu, '');
  return /^[^\r\n]*/u.exec(unquoted)?.[0] ?? '';
}
