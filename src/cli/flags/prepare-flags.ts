import * as Flags from '@oclif/core/flags';
import {modelNameFlag} from './flags.js';
import {SOURCE_FORMS} from '../../lib/domain/prepare/sources/source-form.js';
import type {PrepareInput} from '../../lib/workflows/prepare/prepare-requests.js';

/** The flags of every command that prepares sources. */
export const recipeFlags = {
  prompt: Flags.string({
    char: 'p',
    description: 'template of the prompt: "Rate {{ column }}"',
    exclusive: ['prompt-file'],
    helpValue: '<template>',
  }),
  'prompt-file': Flags.string({
    description: 'file with the template of the prompt',
    helpValue: '<file>',
  }),
  system: Flags.string({description: 'template of the system instruction', helpValue: '<template>'}),
  key: Flags.string({
    description: 'column with the key [default: a hash]',
    helpValue: '<column>',
  }),
  schema: Flags.string({description: 'JSON Schema for the answers', helpValue: '<file>'}),
  'skip-empty': Flags.boolean({description: 'leave out rows with an empty prompt'}),
};

const MAX_REQUESTS = 50_000;
const MAX_BYTES = 1_000_000_000;

/** The flags of `gembatch prepare` that say what is made of a source. */
export const prepareFlags = {
  ...recipeFlags,
  config: Flags.string({
    description: 'JSON file with more generationConfig fields',
    helpValue: '<file>',
  }),
  attach: Flags.string({
    description: 'column with a path or address to send; repeatable',
    helpValue: '<column>',
    multiple: true,
    multipleNonGreedy: true,
  }),
  from: Flags.option({description: 'what the source is', options: SOURCE_FORMS})(),
  encoding: Flags.string({description: 'encoding of the source, such as windows-1252', helpValue: '<name>'}),
  model: modelNameFlag({
    description: 'model whose rules are checked',
    env: 'GEMBATCH_MODEL',
  }),
  'max-requests': Flags.integer({
    description: 'most requests in one file',
    helpValue: '<n>',
    default: MAX_REQUESTS,
    min: 1,
  }),
  'max-bytes': Flags.integer({
    description: 'most bytes in one file',
    helpValue: '<n>',
    default: MAX_BYTES,
    min: 1_000,
    max: 2_000_000_000,
  }),
};

/** The values of `recipeFlags`, and the model whose rules are checked. */
export interface RecipeFlagValues {
  readonly prompt: string | undefined;
  readonly 'prompt-file': string | undefined;
  readonly system: string | undefined;
  readonly key: string | undefined;
  readonly schema: string | undefined;
  readonly 'skip-empty': boolean;
  readonly model: string | undefined;
}

/** The values of `prepareFlags`. */
export interface PrepareFlagValues extends RecipeFlagValues {
  readonly config: string | undefined;
  readonly attach: readonly string[] | undefined;
  readonly from: PrepareInput['from'];
  readonly encoding: string | undefined;
  readonly 'max-requests': number;
  readonly 'max-bytes': number;
}

/** The values of the other flags for commands that have only `recipeFlags`. */
export const PREPARE_DEFAULTS = {
  config: undefined,
  attach: undefined,
  from: undefined,
  encoding: undefined,
  'max-requests': MAX_REQUESTS,
  'max-bytes': MAX_BYTES,
} as const;

/** The values of the flags as the input of `prepareRequests`. */
export function recipeOf(
  flags: PrepareFlagValues,
  cwd: string,
): Pick<PrepareInput, 'cwd' | 'from' | 'encoding' | 'recipe' | 'skipsEmpty' | 'maxRequests' | 'maxBytes'> {
  return {
    cwd,
    from: flags.from,
    encoding: flags.encoding,
    skipsEmpty: flags['skip-empty'],
    maxRequests: flags['max-requests'],
    maxBytes: flags['max-bytes'],
    recipe: {
      cwd,
      keyColumn: flags.key,
      prompt: {text: flags.prompt, file: flags['prompt-file']},
      system: {text: flags.system},
      attach: flags.attach ?? [],
      schema: flags.schema,
      config: flags.config,
      model: flags.model,
    },
  };
}
