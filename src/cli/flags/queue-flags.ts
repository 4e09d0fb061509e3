import type {QueueTerms} from '../../lib/workflows/run/passes.js';
import * as Flags from '@oclif/core/flags';
import {GembatchError} from '../../lib/domain/errors.js';
import {durationFlag, RARE} from './flags.js';

const UNITS: Readonly<Record<string, number>> = {'': 1, k: 1e3, M: 1e6, G: 1e9};

/** A flag that takes a number of tokens, such as `3000000` or `3M`. */
const tokensFlag = Flags.custom<number>({
  helpValue: '<tokens>',
  parse: async (text) => {
    const {number = '', unit = ''} = /^(?<number>\d+(?:\.\d+)?)(?<unit>[kMG]?)$/u.exec(text)?.groups ?? {};
    const tokens = Math.floor(Number(number) * (UNITS[unit] ?? 1));
    if (number !== '' && tokens > 0) return tokens;
    throw new GembatchError('USAGE', `"${text}" is not a number of tokens.`, {
      suggestions: ['Write it like 3000000, 3M or 500k.'],
    });
  },
});

/** The flags that bound how much of a run is open at once. */
export const queueFlags = {
  'max-open-jobs': Flags.integer({description: 'batch jobs open at once', default: 100, min: 1}),
  'max-open-tokens': tokensFlag({description: 'input tokens open at once [default: no limit]'}),
  canary: Flags.integer({description: 'try so many requests first', min: 1}),
  'max-requests': Flags.integer({...RARE, description: 'split a file with more requests', min: 1}),
  'max-bytes': Flags.integer({...RARE, description: 'split a file with more bytes', min: 1_000}),
  'quota-wait': durationFlag({...RARE, description: 'give up after so long without quota'}),
};

/** The values of those flags. */
interface QueueFlagValues {
  readonly 'max-open-jobs': number;
  readonly 'max-open-tokens': number | undefined;
  readonly canary: number | undefined;
  readonly 'max-requests': number | undefined;
  readonly 'max-bytes': number | undefined;
  readonly 'quota-wait': number | undefined;
  readonly interval: number;
}

/** What those flags say about the queue of a run. */
export function queueTermsOf(flags: QueueFlagValues): QueueTerms {
  return {
    maxOpenJobs: flags['max-open-jobs'],
    maxOpenTokens: flags['max-open-tokens'] ?? null,
    maxRequests: flags['max-requests'] ?? null,
    maxBytes: flags['max-bytes'] ?? null,
    canary: flags.canary ?? null,
    quotaWaitMs: flags['quota-wait'] ?? null,
    intervalMs: flags.interval,
  };
}
