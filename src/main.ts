/**
 * The command line, from its first line on. The version is told at once; all else loads what it needs.
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {PJSON} from '@oclif/core/interfaces';
import {behindCommand} from './cli/leading-flags.js';
import {standaloneSettings} from './cli/standalone-settings.js';
import {fillInUserEnvironment} from './cli/user-environment.js';

const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as PJSON;
const [command, ...others] = process.argv.slice(2);

if (['--version', '-v', 'version'].includes(command ?? '') && others.length === 0) {
  // As oclif would print it.
  const system = `${process.platform}-${process.arch} node-${process.version}`;
  process.stdout.write(`${pjson.name}/${pjson.version} ${system}\n`);
} else {
  fillInUserEnvironment(process.env);
  const {STANDALONE_COMMANDS, execute} = await import('./cli/standalone.js');
  const root = fileURLToPath(new URL('.', import.meta.url));
  await execute({
    args: behindCommand(process.argv.slice(2), Object.keys(STANDALONE_COMMANDS)),
    // gembatch has no plugins of its own.
    loadOptions: {root, pjson: standaloneSettings(pjson), devPlugins: false, userPlugins: false},
  });
}
