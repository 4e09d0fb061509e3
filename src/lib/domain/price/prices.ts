import list from './prices.json' with {type: 'json'};
import type {PriceList} from './price-list.js';

/** The price list of the package. */
export const PRICES = list as unknown as PriceList;
