import {custom} from '@oclif/core/flags';
import {GembatchError} from '../../lib/domain/errors.js';
import {closest} from '../../lib/domain/text/closest.js';
import {parseDuration} from '../../lib/domain/text/duration.js';

/** A moment: so long ago, or a date and time. */
export type Moment = {readonly agoMs: number} | {readonly atMs: number};

/** A flag that takes a moment, as those of `docker logs` do: `2h` for two hours ago, or `2026-11-28` or RFC 3339. */
export const momentFlag = custom<Moment>({
  helpValue: '<time>',
  parse: async (text) => {
    const atMs = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(atMs)) return {atMs};
    const agoMs = parseDuration(text);
    if (agoMs !== undefined) return {agoMs};
    throw new GembatchError('USAGE', `"${text}" is not a time.`, {
      suggestions: ['Write how long ago, like 2h or 3d, or a date like 2026-11-28 or 2026-11-28T09:00:00Z.'],
    });
  },
});

/** A moment in milliseconds since the epoch. */
export function momentMs(moment: Moment | undefined, nowMs: number): number | undefined {
  if (moment === undefined) return undefined;
  return 'atMs' in moment ? moment.atMs : nowMs - moment.agoMs;
}

/**
 * The names of a list such as `file,state`.
 *
 * @throws GembatchError USAGE for a name that is not among the known ones.
 */
export function namesIn<T extends string>(flag: string, text: string, known: readonly T[]): readonly T[] {
  return text.split(',').map((name) => {
    const meant = known.find((one) => one === name.trim());
    if (meant !== undefined) return meant;
    const near = closest(name.trim(), known);
    throw new GembatchError('USAGE', `--${flag} has no "${name.trim()}".`, {
      suggestions: [
        ...(near === undefined ? [] : [`Did you mean: ${near}`]),
        `These can be named: ${known.join(', ')}.`,
      ],
    });
  });
}
