import {EXIT, EXIT_MEANINGS} from '../lib/domain/errors.js';

/** Every command may end this way. */
const ALWAYS = ['usage', 'bug'] as const;

/**
 * The section of a command's description that lists its exit codes, out of the one table, in ascending order.
 *
 * @param names - those that are particular to the command; wrong usage and a defect are added.
 */
export function exitCodesHelp(names: readonly (keyof typeof EXIT)[]): string {
  const lines = [...new Set([...names, ...ALWAYS])]
    .sort((a, b) => EXIT[a] - EXIT[b])
    .map((name) => `${String(EXIT[name]).padStart(3)}  ${EXIT_MEANINGS[name]}`);
  return ['EXIT CODES', ...lines].join('\n');
}
