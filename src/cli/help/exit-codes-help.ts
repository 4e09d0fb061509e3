import {EXIT, EXIT_MEANINGS} from '../../lib/domain/errors.js';

/** What `gembatch help exit-codes` prints: each exit code with its meaning, in ascending order. */
export function exitCodesHelp(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  const lines = names
    .toSorted((a, b) => EXIT[a] - EXIT[b])
    .map((name) => `  ${String(EXIT[name]).padStart(3)}  ${EXIT_MEANINGS[name]}`);
  return ['EXIT CODES', ...lines].join('\n');
}
