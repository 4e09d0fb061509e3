import {rateText} from '../../lib/domain/price/rate-text.js';
import {PRICES} from '../../lib/domain/price/prices.js';
import {listModels} from '../../lib/workflows/list/list-models.js';

/** A model that a newcomer may choose, with what a million tokens cost: `$0.15 / $1.25`. */
export interface ModelChoice {
  readonly model: string;
  readonly price: string;
}

/** Models that write text, have a known price and no date of retirement, the cheapest first. No request is sent. */
export async function modelChoices(nowMs: number): Promise<readonly ModelChoice[]> {
  const {listed} = await listModels({prices: PRICES, service: 'gemini', nowMs}, undefined, {});
  return listed
    .flatMap(({model, price, retires_on: retires}) => {
      const {input, output} = price?.rates[0] ?? {};
      // The output of a text-to-speech model has the price of text, so only its name tells.
      const writesText =
        output !== null && output !== undefined && !('image' in output) && !/-tts\b/u.test(model);
      const isLasting = retires === null && !model.includes('preview');
      return isLasting && writesText && input ? [{model, input: input.text, output: output.text}] : [];
    })
    .toSorted((a, b) => a.output - b.output || a.input - b.input)
    .map(({model, input, output}) => ({model, price: `${rateText(input)} / ${rateText(output)}`}));
}
