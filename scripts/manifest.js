// Writes oclif.manifest.json, from which oclif knows all commands without loading one, for command lines that have gembatch as a
// plugin. (The build writes that of the command line of its own into dist.) With --check it only compares.
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {manifestOf} from './bundle/manifests.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}/oclif.manifest.json`;

const manifest = await manifestOf({root});

if (!process.argv.includes('--check')) {
  writeFileSync(path, manifest);
} else if (readFileSync(path, 'utf8') !== manifest) {
  console.error(
    'oclif.manifest.json does not match the commands in src/commands.\n' +
      'A command, a flag or a help text has changed. If that is meant, run "npm run manifest" and commit the file;\n' +
      'and mind that commands, flags and variables are a stable surface (CONTRIBUTING.md).',
  );
  process.exitCode = 1;
}
