import type {FlagInput} from '@oclif/core/parser';
import {DEFAULT_MODEL} from '../../lib/domain/service/model-choice.js';
import {apiKeyVariable} from '../connection/api-key.js';
import type {Configuration} from './configuration.js';
import {personalConfigPath} from './personal-config.js';
import {SETTINGS} from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting, its value, and where that comes from. */
export interface SettingView {
  readonly name: string;
  /** Null when nothing sets it and there is no default. */
  readonly value: string | null;
  /** `GEMBATCH_MODEL`, `gembatch.toml`, `profile "nightly" of gembatch.toml`, or `default`; null without a value. */
  readonly source: string | null;
}

/** The `--json` object of `gembatch config`. */
export interface ConfigurationView {
  readonly settings: readonly SettingView[];
  /** The name of the variable that holds the API key; never the key. */
  readonly api_key_variable: string | null;
  readonly profile: string | null;
  readonly profiles: readonly string[];
  /** The configuration files that were read; the first one wins. */
  readonly files: readonly string[];
  /** Where the user's own file is, whether it exists or not. */
  readonly personal_file: string;
}

/** Defaults that flags have only in their description. */
const DESCRIBED_DEFAULTS: Readonly<Record<string, string>> = {
  model: DEFAULT_MODEL,
  'results-dir': '"results" beside each file',
};

/**
 * Each setting with its value and the place that sets it.
 *
 * @param flags - all flags that are settings, with their variables and defaults.
 * @param env - the environment as the person set it, before the configuration was added to it.
 */
export async function configurationView(
  configuration: Configuration,
  {flags, env}: {flags: FlagInput; env: Environment},
): Promise<ConfigurationView> {
  const settings = Object.keys(SETTINGS)
    .filter((name) => name !== 'api-key-variable')
    .map((name) => settingView(name, {configuration, flag: flags[name], env}));
  return {
    settings: await Promise.all(settings),
    api_key_variable: variableOfKey(configuration, env),
    profile: configuration.profile ?? null,
    profiles: configuration.profiles,
    files: configuration.files,
    personal_file: personalConfigPath(env),
  };
}

async function settingView(
  name: string,
  {
    configuration,
    flag,
    env,
  }: {configuration: Configuration; flag: FlagInput[string] | undefined; env: Environment},
): Promise<SettingView> {
  const variable = flag?.env ?? SETTINGS[name]?.variable;
  const fromEnvironment = variable === undefined ? undefined : env[variable];
  if (fromEnvironment) return {name, value: fromEnvironment, source: variable ?? null};
  const configured = configuration.values.get(name);
  if (configured !== undefined) return {name, value: configured.text, source: configured.source};
  const value = DESCRIBED_DEFAULTS[name] ?? (await defaultOf(flag));
  return {name, value: value ?? null, source: value === undefined ? null : 'default'};
}

async function defaultOf(flag: FlagInput[string] | undefined): Promise<string | undefined> {
  if (flag?.type !== 'option') return undefined;
  const {defaultHelp} = flag;
  if (typeof defaultHelp === 'function') return await (defaultHelp as () => Promise<string | undefined>)();
  return flag.default === undefined ? undefined : String(flag.default);
}

/** The usual variables win over `api-key-variable`, as in `environmentOf`. */
function variableOfKey({values}: Configuration, env: Environment): string | null {
  const named = values.get('api-key-variable')?.text;
  return apiKeyVariable(env) ?? (named !== undefined && env[named]?.trim() ? named : null);
}
