import {GembatchError} from '../../../domain/errors.js';
import {isEmbeddingModel} from '../../../domain/service/model-choice.js';
import {findJsonFault} from '../../../domain/json/json-fault.js';
import {isObject, type JsonObject} from '../../../domain/json/json-object.js';
import {configFaults} from '../../../domain/prepare/model-rules.js';
import {toResponseJsonSchema} from '../../../domain/prepare/response-schema/response-json-schema.js';
import {toResponseSchema} from '../../../domain/prepare/response-schema/response-schema.js';
import {SchemaFault} from '../../../domain/prepare/response-schema/schema-fault.js';
import {judgeLine} from '../../../domain/request/request-line.js';
import {readText} from './prompt-maker.js';

/** Files that say how the model is to answer. */
export interface ConfigInput {
  readonly cwd: string;
  /** A JSON Schema for the answers. */
  readonly schema: string | undefined;
  /** A `generationConfig`. */
  readonly config: string | undefined;
  /** The model that is going to answer; its rules are checked when it is known. */
  readonly model: string | undefined;
}

/** How the model is to answer. */
export interface GenerationConfig {
  readonly config: JsonObject | undefined;
  /** The schema as it was given. */
  readonly schema: JsonObject | undefined;
  readonly notes: readonly string[];
}

/** Fields that say the form of the answer. */
const ANSWER_FORM = ['responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseFormat'];

/**
 * Reads and checks the schema and the configuration.
 *
 * @throws GembatchError FILE_MISSING, FILE_INVALID when one cannot be expressed, or the model does not take it.
 */
export async function readGenerationConfig(
  input: ConfigInput,
  signal: AbortSignal,
): Promise<GenerationConfig> {
  const {cwd, model} = input;
  const place = {cwd, signal};
  const own = input.config === undefined ? undefined : await readObject(input.config, place);
  if (own !== undefined && input.config !== undefined) checkConfig(own, input.config, model);
  if (input.schema === undefined) return {config: own, schema: undefined, notes: []};

  const twice = ANSWER_FORM.find((name) => own?.[name] !== undefined || own?.[snake(name)] !== undefined);
  if (twice !== undefined) {
    throw new GembatchError(
      'USAGE',
      `${input.config ?? ''} has "${twice}", and --schema says the form of the answers too.`,
      {
        suggestions: ['Leave one of them out.'],
      },
    );
  }
  const schema = await readObject(input.schema, place);
  const {field, notes} = answerSchema(schema, input.schema);
  return {config: {...own, responseMimeType: 'application/json', ...field}, schema, notes};
}

/**
 * The schema in the form that the model follows best in batch jobs: `responseSchema` where it can say all of it, since answers
 * with `responseJsonSchema` were reported to be degenerate there; else that one.
 *
 * @throws GembatchError FILE_INVALID when neither can say it.
 */
export function answerSchema(
  schema: JsonObject,
  name: string,
): {readonly field: JsonObject; readonly notes: readonly string[]} {
  const first = attempt(() => toResponseSchema(schema));
  if (!(first instanceof SchemaFault)) return {field: {responseSchema: first}, notes: []};
  const second = attempt(() => toResponseJsonSchema(schema));
  if (second instanceof SchemaFault) throw inexpressible(name, [first, second]);
  const note = `${name} goes out as "responseJsonSchema" (${first.message}). Some batch jobs were reported to answer badly with it: try a few rows first.`;
  return {field: {responseJsonSchema: second}, notes: [note]};
}

function attempt(convert: () => JsonObject): JsonObject | SchemaFault {
  try {
    return convert();
  } catch (error) {
    if (error instanceof SchemaFault) return error;
    throw error;
  }
}

function inexpressible(name: string, faults: readonly SchemaFault[]): GembatchError {
  const reasons = [...new Set(faults.map(({message}) => message))].join('; ');
  return new GembatchError(
    'FILE_INVALID',
    `${name}: the schema cannot be expressed for the model: ${reasons}. Nothing was written.`,
    {
      suggestions: ['Leave that out of the schema and say it in a "description" or in the prompt.'],
    },
  );
}

/** @throws GembatchError FILE_INVALID. */
export function checkConfig(config: JsonObject, name: string, model: string | undefined): void {
  const content = {parts: [{text: 'x'}]};
  const isForEmbeddings = model !== undefined && isEmbeddingModel(model);
  const request = isForEmbeddings ? {content, ...config} : {contents: [content], generationConfig: config};
  const [first] = [...judgeLine({key: 'k', request}, isForEmbeddings ? model : undefined)].map(
    ({text}) => text,
  );
  const fault = first ?? (model === undefined ? undefined : configFaults(config, model)[0]);
  if (fault !== undefined)
    throw new GembatchError('FILE_INVALID', `${name}: ${fault}. Nothing was written.`, {
      suggestions: ['Correct the file and run the same command again.'],
    });
}

async function readObject(file: string, place: Parameters<typeof readText>[1]): Promise<JsonObject> {
  const text = await readText(file, place);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const {offset, reason} = findJsonFault(text);
    const line = text.slice(0, offset).split('\n').length;
    throw new GembatchError('FILE_INVALID', `${file}:${line}: not JSON: ${reason}. Nothing was written.`);
  }
  if (isObject(value)) return value;
  throw new GembatchError('FILE_INVALID', `${file} is not a JSON object. Nothing was written.`);
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
