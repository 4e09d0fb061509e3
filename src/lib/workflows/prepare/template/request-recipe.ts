import {GembatchError} from '../../../domain/errors.js';
import {isEmbeddingModel} from '../../../domain/service/model-choice.js';
import {MANIFEST_NAME, type Recipe} from '../../../domain/prepare/prepare-manifest.js';
import {
  checkConfig,
  readGenerationConfig,
  type ConfigInput,
  type GenerationConfig,
} from './generation-config.js';
import {createOpenAiMaker, createRequestMaker} from './line-makers.js';
import {checkColumn, createPromptMaker, type PromptInput} from './prompt-maker.js';
import type {MakeRequest} from './made-request.js';
import type {Source} from '../sources/source.js';

/** What requests are made with, as it was given. */
export interface RecipeInput extends PromptInput, ConfigInput {
  /** The recipe of earlier request files, which says all of it. */
  readonly before?: Recipe;
}

/** Whether anything is said of what requests are made with. */
export function saysRecipe({keyColumn, prompt, system, attach, schema, config}: RecipeInput): boolean {
  const said = [keyColumn, prompt.text, prompt.file, system.text, schema, config, attach[0]];
  return said.some((value) => value !== undefined);
}

/** The recipe of earlier request files. */
export function recipeAsBefore(before: Recipe, {cwd, model}: RecipeInput): RecipeInput {
  return {
    before,
    cwd,
    model,
    keyColumn: before.key_column ?? undefined,
    prompt: {text: before.prompt ?? undefined},
    system: {text: before.system ?? undefined},
    attach: before.attach,
    schema: undefined,
    config: undefined,
  };
}

/** Makes the requests of rows, and says with what. */
export interface RequestRecipe {
  readonly facts: Recipe;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
  readonly make: MakeRequest;
}

/**
 * Checks what requests are made with, against the sources too.
 *
 * @throws GembatchError USAGE for a template or a column that does not fit, FILE_INVALID for a schema or a configuration.
 */
export async function openRecipe(
  sources: readonly Source[],
  input: RecipeInput,
  signal: AbortSignal,
): Promise<RequestRecipe> {
  const {config, schema, notes} =
    input.before === undefined
      ? await readGenerationConfig(input, signal)
      : configBefore(input.before, input.model);
  for (const source of sources) {
    if (input.keyColumn !== undefined) checkColumn(source, '--key', input.keyColumn);
    for (const column of input.attach) checkColumn(source, '--attach', column);
  }
  const isForEmbeddings = asksForEmbeddings(input);
  if (isForEmbeddings) refuseForEmbeddings(sources, input);
  const facts = {
    ...(isForEmbeddings ? {asks_for: 'embeddings' as const} : {}),
    key_column: input.keyColumn ?? null,
    schema: schema ?? null,
    generation_config: config ?? null,
    attach: input.attach,
  };
  const form = sources[0]?.form;
  if (form === 'openai' || form === 'requests') {
    refuseTemplates(sources[0]?.name ?? '', input);
    const options = {keyColumn: input.keyColumn, config, model: input.model};
    const make = form === 'openai' ? createOpenAiMaker(options) : createRequestMaker(options);
    return {facts: {...facts, prompt: null, system: null}, notes, make};
  }
  const {make, prompt, system} = await createPromptMaker(sources, input, {
    config,
    isForEmbeddings,
    signal,
  });
  return {facts: {...facts, prompt, system}, notes, make};
}

function configBefore(before: Recipe, model: string | undefined): GenerationConfig {
  const asks = before.asks_for ?? 'answers';
  if (model !== undefined && isEmbeddingModel(model) !== (asks === 'embeddings'))
    throw otherKind(asks, model);
  const config = before.generation_config ?? undefined;
  if (config !== undefined) checkConfig(config, MANIFEST_NAME, model);
  return {config, schema: before.schema ?? undefined, notes: []};
}

function asksForEmbeddings({before, model}: RecipeInput): boolean {
  return before === undefined ? isEmbeddingModel(model ?? '') : before.asks_for === 'embeddings';
}

function refuseForEmbeddings([source]: readonly Source[], {system, schema, model}: RecipeInput): void {
  const lines = source?.form === 'openai' || source?.form === 'requests' ? source.name : undefined;
  const [what] = [
    lines === undefined ? [] : [`${lines} asks for answers`],
    system.text === undefined ? [] : ['--system says how to answer'],
    schema === undefined ? [] : ['--schema says how to answer'],
  ].flat();
  if (what === undefined) return;
  throw new GembatchError('USAGE', `${what}, but ${model ?? 'the model'} makes embeddings.`, {
    suggestions: ['Leave it out, or name another model.'],
  });
}

function otherKind(asks: string, model: string): GembatchError {
  return new GembatchError('USAGE', `The request files ask for ${asks}, which ${model} does not give.`, {
    suggestions: [
      'Name another model; or say again what to ask (--prompt), and prepare into another folder.',
    ],
  });
}

function refuseTemplates(name: string, {prompt, system, attach}: RecipeInput): void {
  const given = [
    [prompt.text ?? prompt.file, '--prompt'],
    [system.text ?? system.file, '--system'],
    [attach[0], '--attach'],
  ].find(([value]) => value !== undefined);
  if (given === undefined) return;
  throw new GembatchError('USAGE', `${name} holds whole requests, which ${given[1] ?? ''} cannot change.`, {
    suggestions: ['Leave it out; or read the lines as a table: --from jsonl'],
  });
}
