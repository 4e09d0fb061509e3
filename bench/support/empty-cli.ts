import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {build, type Plugin} from 'esbuild';
import {ROOT} from './places.js';

const COMMANDS = `import {Command} from '@oclif/core/command';
export {execute} from '@oclif/core/execute';
class Hello extends Command {
  static summary = 'Say hello.';
  async run() { await this.parse(Hello); this.error('no', {exit: 6}); }
}
export const COMMANDS = {hello: Hello};`;

const MAIN = `import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
const root = fileURLToPath(new URL('.', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const {execute} = await import('./commands.js');
await execute({loadOptions: {root, pjson, devPlugins: false, userPlugins: false}});`;

const BIN = `import module from 'node:module';
module.enableCompileCache?.();
await import('./main.js');`;

const REQUIRE =
  "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);";

const SETTINGS = {
  name: 'empty',
  version: '1.0.0',
  type: 'module',
  oclif: {bin: 'empty', commands: {strategy: 'explicit', target: './commands.js', identifier: 'COMMANDS'}},
};

/** What `scripts/bundle/left-out.js` exports. */
interface LeftOut {
  readonly LEFT_OUT: readonly {readonly importedBy: string}[];
  readonly leaveOut: (entries: LeftOut['LEFT_OUT']) => Plugin;
}

/**
 * Makes a command line of one command without flags, `hello`, bundled and started as gembatch is: what oclif itself takes.
 *
 * @returns the file that starts it.
 */
export async function emptyCli(folder: string): Promise<string> {
  const [sources, dist] = [join(folder, 'empty-sources'), join(folder, 'empty')];
  await Promise.all([mkdir(sources), mkdir(dist)]);
  await symlink(join(ROOT, 'node_modules'), join(sources, 'node_modules'));
  const entries = [
    [join(sources, 'commands.js'), COMMANDS],
    [join(sources, 'main.js'), MAIN],
    [join(dist, 'package.json'), JSON.stringify(SETTINGS)],
    [join(dist, 'run.js'), BIN],
  ] as const;
  for (const [path, text] of entries) await writeFile(path, text);
  const scripts = (name: string): string => pathToFileURL(join(ROOT, 'scripts/bundle', name)).href;
  const {leaveOut, LEFT_OUT} = (await import(scripts('left-out.js'))) as LeftOut;
  const ofOclif = LEFT_OUT.filter(({importedBy}) => importedBy === '@oclif/core');
  await build({
    absWorkingDir: sources,
    entryPoints: ['main.js', 'commands.js'],
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    banner: {js: REQUIRE},
    plugins: [leaveOut(ofOclif)],
  });
  const {manifestOf} = (await import(scripts('manifests.js'))) as {
    manifestOf: (options: object) => Promise<string>;
  };
  const pjson: unknown = JSON.parse(await readFile(join(dist, 'package.json'), 'utf8'));
  await writeFile(join(dist, 'oclif.manifest.json'), await manifestOf({root: dist, pjson, isRoot: true}));
  return join(dist, 'run.js');
}
