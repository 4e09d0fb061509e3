import {priceOn, type PriceList, type PricedService} from './price-list.js';

/** A rate in USD with at least two decimals: `$0.15`, `$0.125`. */
export function rateText(usd: number): string {
  return `$${usd.toFixed(Math.max(2, String(usd).split('.')[1]?.length ?? 0))}`;
}

/**
 * What batch jobs of a model pay for text on a day: `$0.15 for a million input tokens, $1.25 for a million output tokens`.
 * Undefined when that is not known.
 */
export function priceText(
  list: PriceList,
  model: string,
  when: {service: PricedService; day: string},
): string | undefined {
  const {input, output} = priceOn(list, model, when)?.rates[0] ?? {};
  if (input === undefined) return undefined;
  const inputText = `${rateText(input.text)} for a million input tokens`;
  return output ? `${inputText}, ${rateText(output.text)} for a million output tokens` : inputText;
}
