import {
  entryOf,
  nextPrice,
  priceOn,
  type Price,
  type PriceList,
  type PricedService,
} from '../../domain/price/price-list.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';

/** A model, as `gembatch models` shows it. */
export interface ListedModel {
  readonly model: string;
  readonly max_input_tokens: number | null;
  readonly max_output_tokens: number | null;
  /** What batch jobs pay today; null when it is not known. */
  readonly price: Price | null;
  /** The next change that is known; null when none is. */
  readonly next_price: Price | null;
  /** When the service ends the model, and what takes its place, as far as anybody has said. */
  readonly retires_on: string | null;
  readonly rerouted_to: string | null;
  /** Whether the service takes batch jobs for it; null when it was not asked. */
  readonly takes_batches: boolean | null;
}

/** The `--json` object of `gembatch models`; with `read_on`, `aliases` and `models` in the form that `--prices` reads. */
export interface ModelList extends PriceList {
  readonly listed: readonly ListedModel[];
}

/**
 * Lists the models of the price list and, with a client, those that the service offers for batch jobs.
 *
 * @throws GembatchError what the service says to the list of its models.
 */
export async function listModels(
  {prices, service, nowMs}: {prices: PriceList; service: PricedService; nowMs: number},
  client: BatchService | undefined,
  options: CallOptions,
): Promise<ModelList> {
  const offered = client === undefined ? undefined : await client.listModels(options);
  const batchable = new Map(offered?.map(({name, isBatchable}) => [modelLabel(name), isBatchable]));
  const isOffered = (name: string): boolean => batchable.get(name) === true;
  const names = new Set([...Object.keys(prices.models), ...[...batchable.keys()].filter(isOffered)]);
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const listed = [...names].map((name): ListedModel => {
    const entry = entryOf(prices, name);
    return {
      model: name,
      max_input_tokens: entry?.max_input_tokens ?? null,
      max_output_tokens: entry?.max_output_tokens ?? null,
      price: priceOn(prices, name, {service, day}) ?? null,
      next_price: nextPrice(prices, name, {service, day}) ?? null,
      retires_on: entry?.retirement?.on ?? null,
      rerouted_to: entry?.retirement?.rerouted_to ?? null,
      takes_batches: offered === undefined ? null : isOffered(name),
    };
  });
  return {...prices, listed};
}
