import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {ROOT, runCli} from '../helpers/run-cli.js';

const OWN_COMMAND = `import {Command} from '@oclif/core';
export default class List extends Command {
  static summary = 'List what the host has.';
  async run() { this.log('a list of the host'); }
}`;

const HOOK = `export default async function () { console.error('the host knows no such command'); this.exit(64); }`;

let folder: string;
let tarball: string;

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const {stdout} = await promisify(execFile)(
    'npm',
    [...args, '--no-audit', '--no-fund', '--prefer-offline'],
    {cwd},
  );
  return stdout;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gembatch-hosts-')));
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT);
  const [{filename}] = JSON.parse(packed) as [{filename: string}];
  tarball = join(folder, filename);
});

afterAll(async () => {
  await rm(folder, {recursive: true, force: true});
});

describe.each(['~3.27.0', '~4.0.0', '^4.14.0'])('in a host on @oclif/core %s', (range) => {
  let host: string;
  let bin: string;

  /** Makes package.json, as hosts with other settings have it. */
  async function settings(oclif: object): Promise<void> {
    const pjson = {
      name: 'host',
      version: '9.9.9',
      type: 'module',
      dependencies: {'@oclif/core': range, gembatch: tarball},
      oclif: {bin: 'host', commands: './commands', topicSeparator: ' ', plugins: ['gembatch'], ...oclif},
    };
    await writeFile(join(host, 'package.json'), JSON.stringify(pjson));
  }

  beforeAll(async () => {
    host = join(folder, range.replace(/\W/gu, ''));
    bin = join(host, 'run.js');
    await mkdir(join(host, 'commands'), {recursive: true});
    await writeFile(join(host, 'commands/list.js'), OWN_COMMAND);
    await writeFile(join(host, 'hook.js'), HOOK);
    await writeFile(bin, "import {execute} from '@oclif/core';\nawait execute({dir: import.meta.url});\n");
    await settings({});
    await npm(['install'], host);
  }, 120_000);

  test('that version is what runs', async () => {
    const core = join(host, 'node_modules/@oclif/core/package.json');
    const {version} = JSON.parse(await readFile(core, 'utf8')) as {version: string};
    expect(version.split('.')[0]).toBe(range.slice(1).split('.')[0]);
  });

  test('our commands run, and a failure of theirs has our exit code', async () => {
    const {code, stdout} = await runCli(['submit', '--help'], {cwd: host, bin});
    expect([code, stdout]).toEqual([0, expect.stringContaining('host submit')]);
    const failed = await runCli(['submit', 'none.jsonl', '--json'], {cwd: host, bin});
    expect(failed.code).toBe(6);
    expect(failed.json()).toMatchObject({error: {code: 'KEY_MISSING'}});
  });

  test('a command of the host with the name of one of ours is still that of the host', async () => {
    const {code, stdout} = await runCli(['list'], {cwd: host, bin});
    expect([code, stdout]).toEqual([0, 'a list of the host\n']);
  });

  test('an unknown command has the answer of oclif, and its exit code', async () => {
    const {code, stderr} = await runCli(['nonsense'], {cwd: host, bin});
    expect([code, stderr]).toEqual([2, expect.stringContaining('command nonsense not found')]);
    expect(stderr).not.toContain('gembatch');
  });

  test('or that of a hook of the host', async () => {
    await settings({hooks: {command_not_found: './hook.js'}});
    const {code, stderr} = await runCli(['nonsense'], {cwd: host, bin});
    expect([code, stderr]).toEqual([64, expect.stringContaining('the host knows no such command')]);
    await settings({});
  });
});
