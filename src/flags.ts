import {custom} from '@oclif/core/flags';
import {GembatchError} from './lib/domain/errors.js';
import {parseDuration} from './lib/domain/duration.js';

/** A flag that takes a duration such as `90s`, `15m` or `1h30m` (a plain number counts seconds); its value is in milliseconds. */
export const durationFlag = custom<number>({
  helpValue: '<duration>',
  parse: async (text) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      throw new GembatchError('USAGE', `"${text}" is not a duration.`, {
        suggestions: ['Write it like 90s, 15m, 2h or 1h30m; a plain number counts seconds.'],
      });
    }
    return ms;
  },
});
