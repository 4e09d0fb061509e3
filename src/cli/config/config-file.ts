import {readFile, realpath, stat} from 'node:fs/promises';
import {basename, dirname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../lib/domain/errors.js';
import {isCloudAddress} from '../../lib/domain/bucket/bucket-input.js';
import {closest} from '../../lib/domain/text/closest.js';
import {personalConfigPath} from './personal-config.js';
import {SETTINGS} from './settings.js';

/** Longer files are no configuration. */
const MAX_BYTES = 1 << 20;

/** What a configuration file says: its settings, and those of its profiles, as texts. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly profiles: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Reads a configuration file.
 *
 * @param isPersonal - whether it is the one in the user's own configuration folder, which may set everything.
 * @returns undefined when there is none.
 * @throws GembatchError USAGE when it cannot be read, is no TOML, or sets what it may not.
 */
export async function readConfigFile(path: string, isPersonal: boolean): Promise<ConfigFile | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const {profiles = {}, ...own} = await parseToml(path, text);
  if (!isTable(profiles)) throw wrong(path, '"profiles" is no table.', 'Write [profiles.NAME].');
  const read = (table: Record<string, unknown>, where: string): Promise<Record<string, string>> =>
    readSettings(table, {path, where, isPersonal});
  const entries = Object.entries(profiles).map(async ([name, table]) => {
    if (!isTable(table)) throw wrong(path, `The profile "${name}" is no table.`, `Write [profiles.${name}].`);
    return [name, await read(table, `in the profile "${name}"`)] as const;
  });
  return {path, settings: await read(own, ''), profiles: Object.fromEntries(await Promise.all(entries))};
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw wrong(path, 'It is not a file.', 'Move it away, or name another file.');
    if (info.size > MAX_BYTES) throw wrong(path, 'It is larger than 1 MiB.', 'Move it away.');
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof GembatchError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw wrong(path, 'It cannot be read.', 'Make it readable, or move it away.', error);
  }
}

async function parseToml(path: string, text: string): Promise<Record<string, unknown>> {
  const {parse} = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    const {line, column, message} = error as {line?: number; column?: number; message: string};
    const place = line === undefined ? '' : `Line ${line}, column ${column}: `;
    const [, what = 'no TOML'] = /^(?:Invalid TOML document: )?(?<what>[^\n]*)/u.exec(message) ?? [];
    throw wrong(path, `${place}${what}.`, 'Correct the line.', error);
  }
}

async function readSettings(
  table: Record<string, unknown>,
  {path, where, isPersonal}: {path: string; where: string; isPersonal: boolean},
): Promise<Record<string, string>> {
  const named = (name: string): string => [`"${name}"`, where].filter(Boolean).join(' ');
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(table)) {
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (setting === undefined) throw unknownSetting(path, name, named(name));
    if (setting.isPersonal && !isPersonal)
      throw wrong(
        path,
        `It must not set ${named(name)}: a folder from somebody else could send your API key away, run a command or hide what work costs.`,
        `Set it with a flag, in the environment, or in your own file: ${personalConfigPath(process.env)}`,
      );
    if (setting.isPath && !isPersonal && typeof value === 'string' && isCloudAddress(value))
      throw wrong(
        path,
        `It must not have ${named(name)} lead to a bucket: a folder from somebody else could send your results there.`,
        `Set it with the flag, in the environment, or in your own file: ${personalConfigPath(process.env)}`,
      );
    const isRight = typeof value === setting.type && value !== '';
    if (!isRight) throw wrong(path, `${named(name)} is no ${setting.type}.`, `Write: ${exampleOf(name)}`);
    texts[name] =
      setting.isPath && !isPersonal ? await insidePath(path, named(name), String(value)) : String(value);
  }
  return texts;
}

function unknownSetting(path: string, name: string, shown: string): GembatchError {
  const near = closest(name, Object.keys(SETTINGS));
  const remedy =
    near === undefined ? `These exist: ${Object.keys(SETTINGS).join(', ')}.` : `Did you mean ${near}?`;
  return wrong(path, `${shown} is no setting.`, remedy);
}

/** A path below the folder of the file, links followed: a foreign checkout must not have gembatch write elsewhere. */
async function insidePath(configPath: string, shown: string, value: string): Promise<string> {
  const folder = await realpath(dirname(configPath));
  const target = resolve(folder, value);
  const away = relative(folder, await existingPart(target));
  if (away === '..' || away.startsWith(`..${sep}`) || isAbsolute(away))
    throw wrong(
      configPath,
      `${shown} leads out of the folder of the file.`,
      'Name a path inside it, or use the flag.',
    );
  return target;
}

/** The real path of a file that need not exist yet. */
async function existingPart(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(await existingPart(folder), basename(path));
  }
}

function exampleOf(name: string): string {
  return SETTINGS[name]?.type === 'number' ? `${name} = 8` : `${name} = "…"`;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function wrong(path: string, what: string, remedy: string, cause?: unknown): GembatchError {
  return new GembatchError('USAGE', `${path}: ${what}`, {suggestions: [remedy], cause});
}
