import {GembatchError} from '../../../domain/errors.js';
import {
  DEFAULT_MODEL,
  isEmbeddingModel,
  modelLabel,
  modelResourceName,
  successorOfDefault,
} from '../../../domain/service/model-choice.js';
import type {BatchService} from '../../../services/batch-service.js';

/** Which model a person wants, and how to ask when the service does not have it. */
export interface ModelSelection {
  /** As the person wrote it; undefined when nobody named one. */
  readonly model: string | undefined;
  /** Asks whether to take another model in place of the default one; absent where nobody can be asked. */
  readonly consent?: (gone: string, successor: string) => Promise<boolean>;
  readonly stop: AbortSignal;
  readonly onWait: (wait: {reason: string; delayMs: number}) => void;
}

/**
 * Looks the model up, once, before anything is uploaded.
 *
 * Never another model unasked: only where nobody named one, the default is gone and a person consents does the
 * successor take its place.
 *
 * @returns the resource name of a model that takes batch jobs.
 * @throws GembatchError `MODEL_UNAVAILABLE` with the names of the models that do, and the exact option to add;
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
  if (successor !== undefined && (await selection.consent?.(modelLabel(wanted), modelLabel(successor))))
    return successor;
  throw unavailable({problem, batchable, isDefault: selection.model === undefined, successor});
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
  successor: string | undefined;
}): GembatchError {
  const names = found.batchable.map(modelLabel);
  const origin = found.isDefault ? ', which is the default' : '';
  const suggested = found.successor === undefined ? names.at(0) : modelLabel(found.successor);
  return new GembatchError('MODEL_UNAVAILABLE', `${found.problem}${origin}. Nothing was uploaded.`, {
    suggestions: [
      ...(suggested === undefined ? [] : [`Name another one: --model ${suggested}`]),
      names.length > 0
        ? `Models that take batch jobs: ${names.join(', ')}`
        : 'The service lists no model that takes batch jobs for this API key.',
    ],
    details: {models: names.join(',')},
  });
}
