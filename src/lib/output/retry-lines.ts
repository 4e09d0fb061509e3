import type {RetryResult} from '../workflows/retry/retry-jobs.js';
import {formatCount, plural} from './text/format.js';
import {printable} from './terminal/printable.js';

/** What a person reads of a retry besides its submissions: what is sent again and what cannot be. */
export function retryLines({jobs, dry_run: isDryRun}: RetryResult): readonly string[] {
  if (jobs.length === 0)
    return ['Nothing to retry: no job has failed or has bad rows that were not retried yet.'];
  const lines = jobs.flatMap(({file, was, requests, request_file: requestFile, error}) => {
    const name = printable(file);
    if (error !== undefined)
      return [
        `${name}: not retried: ${printable(error.message)}`,
        ...error.suggestions.map((text) => `  ${printable(text)}`),
      ];
    if (requestFile === null) return [`${name}: none of its bad rows can be sent again`];
    if (!isDryRun) return [];
    const what = requests === null ? 'all requests' : plural(requests, 'request');
    return [`${name}: ${was.replace('_', ' ')}, would send ${what} again`];
  });
  return isDryRun ? [...lines, `${formatCount(jobs.length)} to retry. Nothing was sent.`] : lines;
}
