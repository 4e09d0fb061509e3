import type {FlagInput} from '@oclif/core/parser';
import {GembatchError} from '../../lib/domain/errors.js';
import {hasApiKey} from '../connection/api-key.js';
import type {Configuration} from './configuration.js';
import {SETTINGS} from './settings.js';

type AnyFlag = FlagInput[string];

/**
 * Flags whose defaults are what the configuration says. What stands on the command line or in the environment goes
 * before a default.
 */
export function withConfiguration<F extends FlagInput>(flags: F, {values}: Configuration): F {
  const configured = Object.entries(flags).map(([name, flag]) => {
    const value = values.get(name);
    return [name, value !== undefined && isOfSetting(name, flag) ? withDefault(flag, name, value) : flag];
  });
  return Object.fromEntries(configured) as F;
}

/** The model of new jobs has its variable; `--model` of `list` and `retry` is about the models of recorded jobs. */
function isOfSetting(name: string, flag: AnyFlag): flag is AnyFlag & {type: 'option'} {
  return flag.type === 'option' && (name !== 'model' || flag.env !== undefined);
}

function withDefault(
  flag: AnyFlag & {type: 'option'},
  name: string,
  {text, source}: {text: string; source: string},
): AnyFlag {
  return {
    ...flag,
    default: async ({options}: {options: unknown}) => {
      const choices = flag.options;
      if (choices !== undefined && !choices.includes(text))
        throw wrong(`"${name}" is "${text}", which is none of: ${choices.join(', ')}.`);
      try {
        // oclif calls `parse` with the command as context; none of our flags uses it.
        return await (flag.parse as (text: string, context: unknown, options: unknown) => unknown)(
          text,
          {},
          options,
        );
      } catch (error) {
        throw wrong(`"${name}": ${error instanceof Error ? error.message : 'wrong'}`, error);
      }
    },
  } as AnyFlag;

  function wrong(what: string, cause?: unknown): GembatchError {
    return new GembatchError('USAGE', `${source}: ${what}`, {
      suggestions: ['Correct the file, or use the flag.'],
      cause,
    });
  }
}

/**
 * Variables of the environment that the user's own configuration file stands in for, because they are not set.
 */
export function environmentOf(
  {values}: Configuration,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const added: Record<string, string> = {};
  for (const [name, {text}] of values) {
    const variable = SETTINGS[name]?.variable;
    if (variable !== undefined && !env[variable]) added[variable] = text;
  }
  const key = values.get('api-key-variable');
  const apiKey = key === undefined ? undefined : env[key.text];
  if (apiKey && !hasApiKey(env)) added['GEMINI_API_KEY'] = apiKey;
  return added;
}
