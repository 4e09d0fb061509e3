import {lstat, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {GembatchError} from '../../lib/domain/errors.js';
import {ownCommand} from '../../lib/domain/program-name.js';
import {AtomicFile, type AtomicFileOptions} from '../../lib/store/file/atomic-file.js';
import {readConfigFile} from './config-file.js';
import {CONFIG_FILE} from './settings.js';

/** What `gembatch init` was told. */
export interface InitialSettings {
  readonly model: string;
  /** Relative to the folder. */
  readonly jobInfo: string;
  /** Undefined for `results` beside each file. */
  readonly resultsDir: string | undefined;
}

/**
 * Writes the configuration file of a folder.
 *
 * @returns its path.
 * @throws GembatchError USAGE when there is one already, and for a setting that it may not have; STORAGE.
 */
export async function writeConfig(folder: string, settings: InitialSettings): Promise<string> {
  const path = join(folder, CONFIG_FILE);
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new GembatchError('USAGE', `${path} exists already; it was not changed.`, {
      suggestions: [`Edit it, or see what counts: ${ownCommand('config')}`],
    });
  await write(path, textOf(settings), {mode: 0o644});
  return path;
}

/**
 * Says in the user's own configuration file which variable has the API key.
 *
 * @throws GembatchError USAGE when it says something else; STORAGE.
 */
export async function writeApiKeyVariable(path: string, variable: string): Promise<void> {
  const file = await readConfigFile(path, true);
  const present = file?.settings['api-key-variable'];
  if (present === variable) return;
  if (present !== undefined)
    throw new GembatchError('USAGE', `${path} names ${present} as the variable of the API key already.`, {
      suggestions: [`Edit it, or leave out --api-key-variable.`],
    });
  // Before the first table, where a setting of no profile stands.
  const rest = file === undefined ? '' : await readFile(path, 'utf8');
  await write(path, `api-key-variable = ${quoted(variable)}\n${rest}`, {overwrite: true});
}

async function write(path: string, text: string, options: AtomicFileOptions): Promise<void> {
  const file = await AtomicFile.open(path, options);
  try {
    await file.append(text);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function textOf({model, jobInfo, resultsDir}: InitialSettings): string {
  return [
    `# Settings of gembatch for this folder and those below it. "${ownCommand('config')}" shows what counts.`,
    `model = ${quoted(model)}`,
    `job-info = ${quoted(jobInfo)}`,
    resultsDir === undefined ? '# results-dir = "results"' : `results-dir = ${quoted(resultsDir)}`,
    '',
    `# Other values for some runs: ${ownCommand('run')} … --profile nightly`,
    '# [profiles.nightly]',
    '# if-changed = "submit"',
    '',
  ].join('\n');
}

/** A basic string of TOML, whose escapes are those of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007F`);
}
