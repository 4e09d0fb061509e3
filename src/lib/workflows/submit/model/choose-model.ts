import {GembatchError} from '../../../domain/errors.js';
import {
  DEFAULT_MODEL,
  isEmbeddingModel,
  modelLabel,
  modelResourceName,
  successorOfDefault,
} from '../../../domain/service/model-choice.js';
import type {PriceList} from '../../../domain/price/price-list.js';
import {priceText} from '../../../domain/price/rate-text.js';
import type {BatchService} from '../../../services/batch-service.js';

/** A default model that the service no longer has, and the one that may take its place. */
export interface Replacement {
  readonly gone: string;
  readonly successor: string;
  /** What batch jobs of the successor cost, in words; undefined when that is not known. */
  readonly price: string | undefined;
}

/** Which model is wanted, and how to ask when the service does not have it. */
export interface ModelSelection {
  /** As the user wrote it; undefined when none was named. */
  readonly model: string | undefined;
  /** Asks whether to take another model in place of the default one; absent when there is nobody to ask. */
  readonly consent?: (replacement: Replacement) => Promise<boolean>;
  /** Gives the price of another model, on the day of `nowMs`. */
  readonly prices: PriceList;
  readonly nowMs: number;
  readonly stop: AbortSignal;
  readonly onWait: (wait: {reason: string; delayMs: number}) => void;
}

/**
 * Looks the model up, once, before anything is uploaded.
 *
 * Never takes another model unasked: the successor takes the place of the default only when no model was named, the
 * default is gone, and the user agrees.
 *
 * @returns the resource name of a model that takes batch jobs.
 * @throws GembatchError `MODEL_UNAVAILABLE` with the names of the models that do, the exact option to add, and its price;
 *   `KEY_REFUSED`, `SERVICE` and `INTERRUPTED` as the client has them.
 */
export async function chooseModel(client: BatchService, selection: ModelSelection): Promise<string> {
  const calls = {signal: selection.stop, onWait: selection.onWait};
  const wanted = modelResourceName(selection.model ?? DEFAULT_MODEL);
  const problem = await findProblem(client, wanted, calls);
  if (problem === undefined) return wanted;

  const models = await client.listModels(calls);
  const isOfKind = (name: string): boolean => isEmbeddingModel(name) === isEmbeddingModel(wanted);
  const batchable = models.filter((model) => model.isBatchable && isOfKind(model.name)).map(({name}) => name);
  const successor = selection.model === undefined ? successorOfDefault(batchable) : undefined;
  const suggested = successor ?? batchable[0];
  const day = new Date(selection.nowMs).toISOString().slice(0, 10);
  const price = suggested && priceText(selection.prices, suggested, {service: client.services[0], day});
  if (successor !== undefined) {
    const replacement = {gone: modelLabel(wanted), successor: modelLabel(successor), price};
    if (await selection.consent?.(replacement)) return successor;
  }
  throw unavailable({problem, batchable, isDefault: selection.model === undefined, suggested, price});
}

async function findProblem(
  client: BatchService,
  name: string,
  calls: Pick<ModelSelection, 'onWait'> & {signal: AbortSignal},
): Promise<string | undefined> {
  try {
    const model = await client.getModel(name, calls);
    if (model.isBatchable) return undefined;
    return `The model ${modelLabel(name)} does not take batch jobs`;
  } catch (error) {
    if (error instanceof GembatchError && error.code === 'MODEL_UNAVAILABLE') {
      return `The service does not have the model ${modelLabel(name)}`;
    }
    throw error;
  }
}

function unavailable(found: {
  problem: string;
  batchable: readonly string[];
  isDefault: boolean;
  suggested: string | undefined;
  price: string | undefined;
}): GembatchError {
  const names = found.batchable.map(modelLabel);
  const origin = found.isDefault ? ', which is the default' : '';
  const {suggested, price = 'its price is not known'} = found;
  return new GembatchError('MODEL_UNAVAILABLE', `${found.problem}${origin}. Nothing was uploaded.`, {
    suggestions: [
      ...(suggested === undefined ? [] : [`Name another one: --model ${modelLabel(suggested)} (${price})`]),
      names.length > 0
        ? `Models that take batch jobs: ${names.join(', ')}`
        : 'The service lists no model that takes batch jobs for this API key.',
    ],
    details: {models: names.join(',')},
  });
}
