import {GembatchError} from '../errors.js';
import {isObject, type JsonObject} from '../json/json-object.js';
import {ownCommand} from '../program-name.js';

/** Whose price: the Gemini Developer API's or Vertex AI's. */
export type PricedService = 'gemini' | 'vertex';

/** USD per million tokens by modality, lower case; `text` is for every modality that is not named. */
export type ModalityRates = {readonly text: number} & Readonly<Record<string, number>>;

/** What a batch job pays for tokens. */
export interface Rates {
  /** The rates are for requests whose prompt has more tokens than this; absent in those for all others. */
  readonly prompt_tokens_over?: number;
  readonly input: ModalityRates;
  /** null when not published. */
  readonly cached_input: ModalityRates | null;
  /** Thoughts cost what text does; null for a model that answers with vectors. */
  readonly output: ModalityRates | null;
}

export interface Price {
  /** First day, UTC, as `2026-12-01`; absent in the first price of a model. */
  readonly effective_from?: string;
  readonly services: readonly PricedService[];
  readonly rates: readonly Rates[];
  /** Where it was read, and when. */
  readonly source: string;
  readonly read_on: string;
  readonly note?: string;
}

/** What searches of a model cost, which no token count shows: per query, or per prompt that searched. */
export interface SearchPrice {
  readonly usd_per_1000: number;
  readonly unit: 'query' | 'prompt';
}

/** When the service ends a model, by a claim with a source; a rerouted model goes on as another one, at its price. */
export interface Retirement {
  readonly on: string;
  readonly rerouted_to?: string;
  readonly source: string;
  readonly read_on: string;
}

/** What is known of a model that takes batch jobs. */
export interface PricedModel {
  readonly max_input_tokens: number;
  /** null for a model that answers with vectors. */
  readonly max_output_tokens: number | null;
  readonly prices: readonly Price[];
  readonly search?: SearchPrice;
  readonly maps_usd_per_1000?: number;
  readonly retirement?: Retirement;
}

/** A dated price list: `prices.json` of the package, or the file of `--prices`. */
export interface PriceList {
  readonly read_on: string;
  /** Moving names of models, as `gemini-flash-latest`. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, PricedModel>>;
}

/** The id of a model in a price list, from any of its names: `models/x`, `publishers/google/models/x`, an alias. */
export function pricedModelId(list: PriceList, model: string): string {
  const id = model.replace(/^.*\//u, '');
  return list.aliases?.[id] ?? id;
}

/** What a model costs at a service on a day; undefined when that is not known. */
export function priceOn(
  list: PriceList,
  model: string,
  {service, day}: {service: PricedService; day: string},
): Price | undefined {
  return pricesOf(list, model, service)
    .filter(({effective_from}) => effective_from === undefined || effective_from <= day)
    .at(-1);
}

/** The next change of a model's price after a day; undefined when none is known. */
export function nextPrice(
  list: PriceList,
  model: string,
  {service, day}: {service: PricedService; day: string},
): Price | undefined {
  return pricesOf(list, model, service).find(
    ({effective_from}) => effective_from !== undefined && effective_from > day,
  );
}

/**
 * All prices that a request may pay from one day to another, both included: those of the model and, from the day on which
 * the service answers with another model in its place, those of that one.
 */
export function pricesBetween(
  list: PriceList,
  model: string,
  {service, from, to}: {service: PricedService; from: string; to: string},
): readonly Price[] {
  const now = priceOn(list, model, {service, day: from});
  const later = pricesOf(list, model, service).filter(
    ({effective_from}) => effective_from !== undefined && effective_from > from && effective_from <= to,
  );
  const own = now === undefined ? later : [now, ...later];
  const {on, rerouted_to: successor} = entryOf(list, model)?.retirement ?? {};
  if (on === undefined || successor === undefined || on > to) return own;
  return [...own, ...pricesBetween(list, successor, {service, from: on > from ? on : from, to})];
}

/** What the list holds of a model. It comes from a file of the user: a model called "constructor" is not in it. */
export function entryOf(list: PriceList, model: string): PricedModel | undefined {
  const id = pricedModelId(list, model);
  return Object.hasOwn(list.models, id) ? list.models[id] : undefined;
}

/** The prices of a model at a service, the oldest first. */
function pricesOf(list: PriceList, model: string, service: PricedService): readonly Price[] {
  return (entryOf(list, model)?.prices ?? [])
    .filter(({services}) => services.includes(service))
    .toSorted((a, b) => (a.effective_from ?? '').localeCompare(b.effective_from ?? ''));
}

/** The rates for a request by the tokens of its prompt; the whole request is charged by them. */
export function ratesFor({rates}: Price, promptTokens: number): Rates | undefined {
  let best: Rates | undefined;
  for (const tier of rates) {
    const isReached = promptTokens > (tier.prompt_tokens_over ?? -1);
    if (isReached && (tier.prompt_tokens_over ?? 0) >= (best?.prompt_tokens_over ?? 0)) best = tier;
  }
  return best;
}

/** The price list with the models of another in place of its own: what `--prices FILE` does. */
export function withPrices(list: PriceList, own: PriceList): PriceList {
  return {
    read_on: own.read_on,
    aliases: {...list.aliases, ...own.aliases},
    models: {...list.models, ...own.models},
  };
}

/**
 * Reads a price list of the user's own.
 *
 * @param value - the parsed JSON.
 * @param file - its path, for the message.
 * @throws GembatchError USAGE with the place of what is wrong.
 */
export function parsePriceList(value: unknown, file: string): PriceList {
  const fault = listFault(value);
  if (fault !== undefined) {
    throw new GembatchError('USAGE', `${file}: ${fault}.`, {
      suggestions: [
        `"${ownCommand('models --json')}" prints the prices of the package in the form that --prices reads.`,
      ],
    });
  }
  return value as PriceList;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

function listFault(value: unknown): string | undefined {
  if (!isObject(value)) return 'a price list is a JSON object';
  if (!isDay(value['read_on'])) return 'read_on is not a day such as 2026-11-27';
  if (value['aliases'] !== undefined && !isRecordOf(value['aliases'], (name) => typeof name === 'string')) {
    return 'aliases is not an object of model names';
  }
  if (!isObject(value['models'])) return 'models is missing';
  for (const [name, model] of Object.entries(value['models'])) {
    const fault = modelFault(model);
    if (fault !== undefined) return `models["${name}"].${fault}`;
  }
  return undefined;
}

function modelFault(model: unknown): string | undefined {
  if (!isObject(model)) return 'is not an object';
  if (!isAmount(model['max_input_tokens'])) return 'max_input_tokens is not a number';
  const {max_output_tokens: maxOutput, prices} = model;
  if (maxOutput !== null && !isAmount(maxOutput)) return 'max_output_tokens is neither a number nor null';
  if (!Array.isArray(prices)) return 'prices is not a list';
  const fault = groundingFault(model) ?? retirementFault(model['retirement']);
  if (fault !== undefined) return fault;
  for (const [index, price] of prices.entries()) {
    const fault = priceFault(price);
    if (fault !== undefined) return `prices[${index}].${fault}`;
  }
  return undefined;
}

function groundingFault({search, maps_usd_per_1000: maps}: JsonObject): string | undefined {
  if (maps !== undefined && !isAmount(maps)) return 'maps_usd_per_1000 is not a number';
  if (search === undefined) return undefined;
  const isSearch =
    isObject(search) &&
    isAmount(search['usd_per_1000']) &&
    (search['unit'] === 'query' || search['unit'] === 'prompt');
  return isSearch ? undefined : 'search lacks usd_per_1000, or the unit "query" or "prompt"';
}

function retirementFault(retirement: unknown): string | undefined {
  if (retirement === undefined) return undefined;
  const isKnown =
    isObject(retirement) &&
    isDay(retirement['on']) &&
    [retirement['source'], retirement['read_on']].every((text) => typeof text === 'string') &&
    ['string', 'undefined'].includes(typeof retirement['rerouted_to']);
  return isKnown ? undefined : 'retirement lacks on, source or read_on';
}

function priceFault(price: unknown): string | undefined {
  if (!isObject(price)) return 'is not an object';
  const {effective_from: from, services, rates} = price;
  if (from !== undefined && !isDay(from)) return 'effective_from is not a day such as 2026-12-01';
  if (!Array.isArray(services) || !services.every((name) => name === 'gemini' || name === 'vertex')) {
    return 'services is not a list of "gemini" and "vertex"';
  }
  if (!Array.isArray(rates) || rates.length === 0) return 'rates is not a list';
  const bad = rates.findIndex((entry) => !isObject(entry) || !areRates(entry));
  return bad === -1
    ? undefined
    : `rates[${bad}] lacks input, cached_input or output in USD per million tokens`;
}

function areRates({prompt_tokens_over: over, input, cached_input: cached, output}: JsonObject): boolean {
  return (
    (over === undefined || isAmount(over)) &&
    isModalities(input) &&
    (cached === null || isModalities(cached)) &&
    (output === null || isModalities(output))
  );
}

function isModalities(value: unknown): boolean {
  return isObject(value) && isAmount(value['text']) && isRecordOf(value, isAmount);
}

function isRecordOf(value: unknown, is: (member: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every(is);
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isDay(value: unknown): boolean {
  return typeof value === 'string' && DAY.test(value);
}
