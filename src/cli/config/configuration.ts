import {lstatSync} from 'node:fs';
import {dirname, isAbsolute, join, relative, resolve} from 'node:path';
import {GembatchError} from '../../lib/domain/errors.js';
import type {ConfigFile} from './config-file.js';
import {CONFIG_FILE, SETTINGS} from './settings.js';
import {personalConfigPath} from './personal-config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A value of a setting, and where it was set: `gembatch.toml`, or `profile "nightly" of gembatch.toml`. */
export interface ConfiguredValue {
  readonly text: string;
  readonly source: string;
}

/** What the configuration files say, for one profile. */
export interface Configuration {
  /** By the name of the setting. */
  readonly values: ReadonlyMap<string, ConfiguredValue>;
  /** Absolute paths of the files that were read; the first one wins. */
  readonly files: readonly string[];
  readonly profile: string | undefined;
  /** Names of all profiles. */
  readonly profiles: readonly string[];
  /** Files that do not count, and why, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Finds and reads the configuration: the nearest `gembatch.toml` from the working folder upwards (or the file that
 * `GEMBATCH_CONFIG` names), and `gembatch/config.toml` in the user's own configuration folder. A profile goes before what
 * stands outside of profiles, and the found file before the user's own.
 *
 * @param profile - `--profile`; else `GEMBATCH_PROFILE` counts.
 * @throws GembatchError USAGE for a file that is wrong, and for a profile that no file has.
 */
export async function loadConfiguration(
  {cwd, env}: {cwd: string; env: Environment},
  profile: string | undefined,
): Promise<Configuration> {
  const name = profile ?? (env['GEMBATCH_PROFILE'] || undefined);
  const warnings: string[] = [];
  const work = await workConfig(cwd, env, warnings);
  const personal = await personalConfig(env, warnings);
  const files = [work, personal].filter((file) => file !== undefined);
  const profiles = [...new Set(files.flatMap((file) => Object.keys(file.profiles)))];
  if (name !== undefined && !profiles.includes(name)) throw unknownProfile(name, profiles, files);

  const layers = [
    ...(name === undefined ? [] : files.map((file) => ({file, table: profileOf(file, name), profile: name}))),
    ...files.map((file) => ({file, table: file.settings, profile: undefined})),
  ];
  const values = new Map<string, ConfiguredValue>();
  for (const layer of layers) {
    const place = shownPath(layer.file.path, cwd);
    const source = layer.profile === undefined ? place : `profile "${layer.profile}" of ${place}`;
    for (const [setting, text] of Object.entries(layer.table))
      if (counts(setting, text, values.get(setting)?.text)) values.set(setting, {text, source});
  }
  return {values, files: files.map(({path}) => path), profile: name, profiles, warnings};
}

/** Whether a value still counts when another place, which wins over it, is set too. */
function counts(setting: string, text: string, weightier: string | undefined): boolean {
  if (weightier === undefined) return true;
  return SETTINGS[setting]?.isCap === true && Number(text) < Number(weightier);
}

/** The value of `--profile` in a command line, which is needed before the line can be read. */
export function profileIn(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const at = words.findLastIndex((word) => word === '--profile' || word.startsWith('--profile='));
  if (at === -1) return undefined;
  return words[at] === '--profile' ? words[at + 1] : words[at]?.slice('--profile='.length);
}

/** A path as a person at `cwd` would write it. */
function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return isAbsolute(short) || short.length > path.length ? path : short;
}

async function workConfig(
  cwd: string,
  env: Environment,
  warnings: string[],
): Promise<ConfigFile | undefined> {
  const named = env['GEMBATCH_CONFIG'];
  if (named) {
    const path = resolve(cwd, named);
    const file = await read(path, false);
    if (file === undefined)
      throw new GembatchError('USAGE', `There is no configuration file ${path}.`, {
        suggestions: ['Correct GEMBATCH_CONFIG, or unset it.'],
      });
    return file;
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = await readIfOwn(join(folder, CONFIG_FILE), {isPersonal: false, warnings});
    if (file !== undefined || folder === dirname(folder)) return file;
  }
}

async function personalConfig(env: Environment, warnings: string[]): Promise<ConfigFile | undefined> {
  return readIfOwn(personalConfigPath(env), {isPersonal: true, warnings});
}

/** A file that another user owns is ignored: a person who can write to a shared folder must not steer the work of others. */
async function readIfOwn(
  path: string,
  {isPersonal, warnings}: {isPersonal: boolean; warnings: string[]},
): Promise<ConfigFile | undefined> {
  const owner = ownerOf(path);
  if (owner === undefined) return undefined;
  const user = process.getuid?.();
  if (user !== undefined && owner !== user) {
    warnings.push(`${path} is ignored, because it belongs to another user; GEMBATCH_CONFIG can name it.`);
    return undefined;
  }
  return read(path, isPersonal);
}

/** undefined when it does not exist, or its folder must not be read. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path, {throwIfNoEntry: false})?.uid;
  } catch {
    return undefined;
  }
}

/** Loads the reader of configuration files only when there is a file: most runs have none. */
async function read(path: string, isPersonal: boolean): Promise<ConfigFile | undefined> {
  const {readConfigFile} = await import('./config-file.js');
  return readConfigFile(path, isPersonal);
}

function profileOf(file: ConfigFile, name: string): Readonly<Record<string, string>> {
  return Object.hasOwn(file.profiles, name) ? (file.profiles[name] ?? {}) : {};
}

function unknownProfile(
  name: string,
  profiles: readonly string[],
  files: readonly ConfigFile[],
): GembatchError {
  const places = files.map(({path}) => path).join(' and ');
  const remedy =
    profiles.length === 0
      ? `Write [profiles.${name}] in ${CONFIG_FILE}.`
      : `There is: ${profiles.join(', ')}.`;
  return new GembatchError(
    'USAGE',
    places === ''
      ? `There is no configuration file, so no profile "${name}".`
      : `${places} has no profile "${name}".`,
    {suggestions: [remedy]},
  );
}
