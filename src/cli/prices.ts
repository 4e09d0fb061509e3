import * as Flags from '@oclif/core/flags';
import {GembatchError} from '../lib/domain/errors.js';
import {parsePriceList, withPrices, type PriceList} from '../lib/domain/price/price-list.js';
import {ownCommand} from '../lib/domain/program-name.js';

/** `--prices`: a price list that goes before that of the package. */
export const pricesFlag = Flags.string({
  description: 'price list of your own, in the form that "models --json" prints',
  helpValue: '<file>',
  env: 'GEMBATCH_PRICES',
});

/**
 * The price list of the package, with the models of the user's own file in place of its own.
 *
 * @throws GembatchError USAGE when the file cannot be read or is no price list.
 */
export async function readPrices(path: string | undefined): Promise<PriceList> {
  const {PRICES} = await import('../lib/domain/price/prices.js');
  if (path === undefined || path === '') return PRICES;
  const {readNamedText} = await import('../lib/workflows/request-file/read-text.js');
  let value: unknown;
  try {
    value = JSON.parse(await readNamedText(path));
  } catch (cause) {
    if (cause instanceof GembatchError) throw cause;
    const why = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new GembatchError('USAGE', `${path}: ${why}.`, {
      cause,
      suggestions: [`Name a price list; "${ownCommand('models --json')}" prints one.`],
    });
  }
  return withPrices(PRICES, parsePriceList(value, path));
}
