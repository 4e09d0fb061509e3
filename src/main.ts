/**
 * The command line, from its first line on. `--version` is answered at once; all else loads what it needs.
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {Logger, PJSON} from '@oclif/core/interfaces';
import {behindCommand} from './cli/leading-flags.js';
import {fillInUserEnvironment} from './cli/user-environment.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as PJSON;
const [command, ...others] = process.argv.slice(2);

if (command === '--version' && others.length === 0) {
  // As oclif would print it.
  const system = `${process.platform}-${process.arch} node-${process.version}`;
  process.stdout.write(`${pjson.name}/${pjson.version} ${system}\n`);
} else {
  fillInUserEnvironment(process.env);
  const {COMMANDS, execute} = await import('./cli/command-table.js');
  const args = behindCommand(process.argv.slice(2), Object.keys(COMMANDS));
  // gembatch has no plugins of its own; as a plugin, the other CLI loads it.
  const options = {root, pjson, devPlugins: false, userPlugins: false};
  await execute({
    args,
    loadOptions: process.env['DEBUG'] ? options : {...options, logger: silentLogger('oclif')},
  });
}

/** In place of the package by which oclif traces what it does, which nobody sees without DEBUG. */
function silentLogger(namespace: string): Logger {
  const ignore = (): void => undefined;
  return {
    namespace,
    child: (name) => silentLogger(`${namespace}:${name}`),
    debug: ignore,
    error: ignore,
    info: ignore,
    trace: ignore,
    warn: ignore,
  };
}
