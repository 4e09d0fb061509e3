import {describe, expect, test} from '@jest/globals';
import {modelsLines} from '../../../../src/lib/output/cost/models-lines.js';
import {entryOf, priceOn, type PricedService} from '../../../../src/lib/domain/price/price-list.js';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {listModels} from '../../../../src/lib/workflows/list/list-models.js';

/**
 * What a batch job pays, as it was read on 2026-10-15 to 2026-11-27 from https://ai.google.dev/gemini-api/docs/pricing, the
 * lists of LiteLLM and pydantic/genai-prices, and the announcements of later models: USD per million tokens. A model is at
 * both services unless it says otherwise. "–" is not published; ">200k" is the tier of long prompts.
 */
const TABLE = `
service | model                               | day        | input                                      | cached               | output
both    | gemini-4-argon                      | 2026-11-30 | 1                                          | 0.05                 | 5
both    | gemini-4-argon                      | 2026-12-01 | 2                                          | 0.10                 | 10
both    | gemini-4-carbon                     | 2026-11-30 | 1                                          | 0.05                 | 5
both    | gemini-4-carbon                     | 2026-12-01 | 2                                          | 0.10                 | 10
both    | gemini-4-neon                       | 2026-12-01 | 1.5                                        | 0.075                | 7.5
both    | gemini-4-hydrogen                   | 2026-12-01 | 0.75                                       | 0.0375               | 3.75
both    | gemini-3.8-flash                    | 2026-12-31 | 0.375                                      | 0.0375               | 1.875
both    | gemini-3.8-flash                    | 2027-01-01 | 0.75                                       | 0.075                | 3.75
both    | gemini-3.7-flash                    | 2026-12-31 | 0.375                                      | 0.0375               | 1.875
both    | gemini-3.6-flash                    | 2026-12-31 | 0.375                                      | 0.0375               | 1.875
both    | gemini-3.6-flash                    | 2027-01-01 | 0.75                                       | 0.075                | 3.75
both    | gemini-3.5-flash                    | 2026-11-28 | 0.75                                       | 0.075                | 4.5
both    | gemini-3.5-flash-lite               | 2026-11-28 | 0.15                                       | 0.02                 | 1.25
both    | gemini-3.1-flash-lite               | 2026-11-28 | 0.125 audio 0.25                           | 0.0125 audio 0.025   | 0.75
both    | gemini-3.1-pro-preview              | 2026-11-28 | 1 >200k 2                                  | 0.20 >200k 0.40      | 6 >200k 9
both    | gemini-3-flash-preview              | 2026-11-28 | 0.25 audio 0.5                             | 0.05 audio 0.1       | 1.5
both    | gemini-2.5-pro                      | 2026-11-28 | 0.625 >200k 1.25                           | 0.125 >200k 0.25     | 5 >200k 7.5
both    | gemini-2.5-flash                    | 2026-11-28 | 0.15 audio 0.5                             | 0.03 audio 0.1       | 1.25
gemini  | gemini-2.5-flash-lite               | 2026-11-28 | 0.05 audio 0.15                            | 0.01 audio 0.03      | 0.2
both    | gemini-nano-banana-2.1              | 2026-11-28 | 0.75                                       | –                    | 3.75 image 15
both    | gemini-3.1-flash-image              | 2026-11-28 | 0.25                                       | –                    | 1.5 image 30
both    | gemini-3.1-flash-lite-image         | 2026-11-28 | 0.125                                      | –                    | 0.75 image 15
both    | gemini-3-pro-image                  | 2026-11-28 | 1                                          | –                    | 6 image 60
gemini  | gemini-3.8-flash-tts                | 2026-12-31 | 0.25                                       | 0.0625               | 4.5
gemini  | gemini-3.8-flash-tts                | 2027-01-01 | 0.5                                        | 0.125                | 9
gemini  | gemini-3.8-flash-lite-tts           | 2026-12-31 | 0.25                                       | 0.0625               | 3
gemini  | gemini-3.8-flash-lite-tts           | 2027-01-01 | 0.5                                        | 0.125                | 6
gemini  | gemini-3.1-flash-tts-preview        | 2026-11-28 | 0.5                                        | –                    | 10
gemini  | gemini-2.5-flash-preview-tts        | 2026-11-28 | 0.25                                       | –                    | 5
gemini  | gemini-2.5-pro-preview-tts          | 2026-11-28 | 0.5                                        | –                    | 10
gemini  | gemini-robotics-er-2-preview        | 2026-11-28 | 0.5                                        | 0.05                 | 2.5
gemini  | gemini-embedding-001                | 2026-11-28 | 0.075                                      | –                    | –
vertex  | gemini-embedding-001                | 2026-11-28 | 0.12                                       | –                    | –
both    | gemini-embedding-2                  | 2026-11-28 | 0.10 image 0.225 audio 3.25 video 6        | –                    | –
gemini  | gemini-2.5-flash-lite-preview-06-17 | 2026-11-28 | 0.05 audio 0.15                            | 0.01 audio 0.03      | 0.2
`;

const LONG_PROMPT = 200_000;

interface Row {
  readonly model: string;
  readonly day: string;
  readonly service: PricedService;
  readonly cells: readonly [input: string, cached: string, output: string];
}

const rows = TABLE.trim()
  .split('\n')
  .slice(1)
  .flatMap((line): Row[] => {
    const [service = '', model = '', day = '', input = '', cached = '', output = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    const services = service === 'both' ? (['gemini', 'vertex'] as const) : [service as PricedService];
    return services.map((one) => ({model, day, service: one, cells: [input, cached, output]}));
  });

/** `1 >200k 2` is [{text: 1}, {text: 2}], `0.05 audio 0.15` is [{text: 0.05, audio: 0.15}]. */
function ratesIn(cell: string): readonly (Readonly<Record<string, number>> | null)[] {
  if (cell === '–') return [null];
  return cell.split(' >200k ').map((tier) => {
    const [text, ...others] = tier.split(' ');
    const pairs = Array.from({length: others.length / 2}, (_, at) => [
      others[2 * at] ?? '',
      Number(others[2 * at + 1]),
    ]);
    return {text: Number(text), ...(Object.fromEntries(pairs) as Record<string, number>)};
  });
}

describe('the price list of the package', () => {
  test.each(rows)('has $model of $service on $day as it was published', ({model, day, service, cells}) => {
    const rates = priceOn(PRICES, model, {service, day})?.rates ?? [];
    const [input, cached, output] = cells.map(ratesIn);
    expect(rates.map((tier) => tier.input)).toEqual(input);
    expect(rates.map((tier) => tier.cached_input)).toEqual(cached);
    expect(rates.map((tier) => tier.output)).toEqual(output);
    expect(rates.map((tier) => tier.prompt_tokens_over)).toEqual(
      input?.length === 2 ? [undefined, LONG_PROMPT] : [undefined],
    );
  });

  test('has no model that the table lacks', () => {
    expect(new Set(rows.map(({model}) => model))).toEqual(new Set(Object.keys(PRICES.models)));
  });

  test('has what a search costs: a query since Gemini 3, a prompt that searched before', () => {
    for (const model of Object.keys(PRICES.models)) {
      const search = entryOf(PRICES, model)?.search;
      if (search === undefined) continue;
      const isOld = model.startsWith('gemini-2');
      expect([model, search]).toEqual([
        model,
        {usd_per_1000: isOld ? 35 : 14, unit: isOld ? 'prompt' : 'query'},
      ]);
    }
    expect(entryOf(PRICES, 'gemini-3.8-flash')?.search).toBeDefined();
  });
});

describe('the list of models', () => {
  const listOn = (day: string) =>
    listModels({prices: PRICES, service: 'gemini', nowMs: Date.parse(day)}, undefined, {});

  test('has the price of the day and the next change', async () => {
    const lines = async (day: string): Promise<readonly string[]> =>
      modelsLines(await listOn(day), {columns: Number.POSITIVE_INFINITY});
    const of = (all: readonly string[], model: string) => all.find((line) => line.startsWith(`${model} `));
    const november = await lines('2026-11-28');
    expect(of(november, 'gemini-4-argon')).toMatch(/ 1 +0\.05 +5 +2 \/ 10 from 2026-12-01$/u);
    expect(of(november, 'gemini-3.8-flash')).toMatch(
      / 0\.375 +0\.0375 +1\.875 +0\.75 \/ 3\.75 from 2027-01-01$/u,
    );
    expect(of(november, 'gemini-2.5-pro')).toContain('becomes gemini-3.8-flash on 2026-12-01');
    const narrow = modelsLines(await listOn('2026-11-28'), {columns: 60});
    expect(narrow).toContain('  gemini-4-argon: 2 / 10 from 2026-12-01');
    const january = await lines('2027-01-01');
    expect(of(january, 'gemini-4-argon')).toMatch(/ 2 +0\.1 +10 *$/u);
    expect(of(january, 'gemini-3.8-flash')).toMatch(/ 0\.75 +0\.075 +3\.75 *$/u);
  });
});
