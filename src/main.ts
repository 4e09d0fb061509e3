/**
 * The entry point of the command line. `--version` is answered here; everything else starts oclif.
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {PJSON} from '@oclif/core/interfaces';
import {helpAsFlag, moveLeadingFlags} from './cli/flags/leading-flags.js';
import {fillInUserEnvironment} from './cli/startup/user-environment.js';

const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as PJSON;
const [command, ...others] = process.argv.slice(2);

if (['--version', '-v', 'version'].includes(command ?? '') && others.length === 0) {
  // As oclif would print it.
  const system = `${process.platform}-${process.arch} node-${process.version}`;
  process.stdout.on('error', (error) => {
    void import('./cli/errors/early-output-failed.js').then(({outputFailed}) =>
      outputFailed(error, pjson.version),
    );
  });
  process.stdout.write(`${pjson.name}/${pjson.version} ${system}\n`);
} else {
  fillInUserEnvironment(process.env);
  const {
    STANDALONE_TABLE: table,
    execute,
    rootPlugin,
    standaloneSettings,
  } = await import('./cli/startup/standalone.js');
  const root = fileURLToPath(new URL('.', import.meta.url));
  const settings = standaloneSettings(pjson);
  const plugin = rootPlugin({root, pjson: settings, table});
  await execute({
    args: helpAsFlag(moveLeadingFlags(process.argv.slice(2), plugin.commandIDs), plugin.commandIDs),
    // gembatch has no plugins but itself.
    loadOptions: {root, pjson: settings, plugins: new Map([[plugin.name, plugin]])},
  });
}
