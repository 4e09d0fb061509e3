import * as Flags from '@oclif/core/flags';
import {GembatchError} from '../../lib/domain/errors.js';
import type {CostCaps} from '../../lib/workflows/cost/cost-room.js';
import {COST} from './flags.js';
import {pricesFlag} from '../prices.js';

/** A flag that takes an amount of USD, such as `5`, `0.50` or `$5`. */
const usdFlag = Flags.custom<number>({
  ...COST,
  helpValue: '<usd>',
  parse: async (text) => {
    const {amount = ''} = /^\$?(?<amount>\d+(?:\.\d+)?)$/u.exec(text)?.groups ?? {};
    if (amount !== '') return Number(amount);
    throw new GembatchError('USAGE', `"${text}" is not an amount of USD.`, {
      suggestions: ['Write it like 5 or 0.50.'],
    });
  },
});

/** A flag that takes a day, UTC. */
const dayFlag = Flags.custom<string>({
  ...COST,
  helpValue: '<date>',
  parse: async (text) => {
    const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(Date.parse(text));
    if (isDay) return text;
    throw new GembatchError('USAGE', `"${text}" is not a date.`, {
      suggestions: ['Write it like 2026-11-28.'],
    });
  },
});

/** The flags that bound what batch jobs cost. */
export const costFlags = {
  'max-cost': usdFlag({
    description: 'create no job with which the named files, with their retries, could cost more',
    env: 'GEMBATCH_MAX_COST',
  }),
  'max-cost-per-day': usdFlag({
    description: 'the same for all that is submitted on one day (UTC)',
    env: 'GEMBATCH_MAX_COST_PER_DAY',
  }),
  'max-cost-since': dayFlag({
    description: '--max-cost is for all that was submitted since this day',
    env: 'GEMBATCH_MAX_COST_SINCE',
  }),
  prices: {...pricesFlag, ...COST},
};

interface CapValues {
  readonly 'max-cost': number | undefined;
  readonly 'max-cost-per-day': number | undefined;
  readonly 'max-cost-since': string | undefined;
}

/**
 * The values of the flags in the words of the workflow.
 *
 * @throws GembatchError USAGE for a day without an amount.
 */
export function capsOf(flags: CapValues): CostCaps {
  const {'max-cost': maxCost, 'max-cost-per-day': maxCostPerDay, 'max-cost-since': since} = flags;
  if (since !== undefined && maxCost === undefined)
    throw new GembatchError('USAGE', '--max-cost-since needs --max-cost.', {
      suggestions: ['Add --max-cost USD.'],
    });
  return {
    ...(maxCost === undefined ? {} : {maxCost}),
    ...(maxCostPerDay === undefined ? {} : {maxCostPerDay}),
    ...(since === undefined ? {} : {since}),
  };
}
