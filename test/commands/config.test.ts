import {chown, mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {schemaErrors} from '../helpers/json-schema.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** Where `runCli` puts the user's own configuration file. */
const PERSONAL = '.home/config/gembatch/config.toml';

const REQUEST = `${JSON.stringify({key: '1', request: {contents: [{parts: [{text: 'Name a sea.'}]}]}})}\n`;

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await tempDir();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), {recursive: true});
    await writeFile(join(folder, name), text);
  }
  return folder;
}

interface View {
  readonly settings: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly source: string | null;
  }[];
}

function setting(result: CliResult, wanted: string): unknown {
  return (result.json() as View).settings.find(({name}) => name === wanted);
}

describe('gembatch config', () => {
  test('shows each value and where it comes from: variable, profile, file, default', async () => {
    const cwd = await folderWith({
      'gembatch.toml': 'model = "a"\nconcurrency = 4\n[profiles.nightly]\nmodel = "b"\ninterval = "2m"\n',
      [PERSONAL]: 'model = "c"\non-done = "true"\n',
    });
    const plain = await runCli(['config', '--json'], {cwd});
    expect(plain.code).toBe(0);
    expect(schemaErrors('config', plain.json())).toEqual([]);
    expect(setting(plain, 'model')).toEqual({name: 'model', value: 'a', source: 'gembatch.toml'});
    expect(setting(plain, 'on-done')).toMatchObject({value: 'true', source: PERSONAL});
    expect(setting(plain, 'if-changed')).toMatchObject({value: 'fail', source: 'default'});

    const nightly = await runCli(['config', '--json', '--profile', 'nightly'], {cwd});
    expect(setting(nightly, 'model')).toMatchObject({
      value: 'b',
      source: 'profile "nightly" of gembatch.toml',
    });
    expect(setting(nightly, 'concurrency')).toMatchObject({value: '4', source: 'gembatch.toml'});

    const env = {GEMBATCH_MODEL: 'd', GEMBATCH_PROFILE: 'nightly'};
    const variable = await runCli(['config', '--json'], {cwd, env});
    expect(setting(variable, 'model')).toMatchObject({value: 'd', source: 'GEMBATCH_MODEL'});
    expect(setting(variable, 'interval')).toMatchObject({value: '2m'});
  });

  test('shows a table for people, with the place of the API key and never the key', async () => {
    const cwd = await folderWith({'gembatch.toml': 'model = "a"\n'});
    const {stdout, code} = await runCli(['config'], {cwd, env: {GEMINI_API_KEY: 'AIza-secret-1234567890'}});
    expect(code).toBe(0);
    expect(stdout).toMatch(/model +a +gembatch\.toml/u);
    expect(stdout).toMatch(/API key +set +GEMINI_API_KEY/u);
    expect(stdout).not.toContain('secret');
  });
});

describe('a configuration file', () => {
  test('gives flags their defaults, also in a folder below, where the flag of a command goes before it', async () => {
    const cwd = await folderWith({
      'gembatch.toml': 'model = "gemini-3.5-flash-lite"\njob-info = "jobs.jsonl"\n',
      'sub/a.jsonl': REQUEST,
    });
    const below = await runCli(['submit', 'a.jsonl', '--dry-run', '--json'], {cwd: join(cwd, 'sub')});
    expect(below.json()).toMatchObject({
      model: 'models/gemini-3.5-flash-lite',
      job_info: join(cwd, 'jobs.jsonl'),
    });
    const named = await runCli(['submit', 'a.jsonl', '-n', '-m', 'gemini-2.5-pro', '--json'], {
      cwd: join(cwd, 'sub'),
    });
    expect(named.json()).toMatchObject({model: 'models/gemini-2.5-pro'});
  });

  test('names the model of new jobs: list shows those of all models, retry keeps the model of each job', async () => {
    const {env} = await useEmulator();
    const batch = {name: 'batches/a', model: 'models/gemini-3.5-flash-lite', state: 'JOB_STATE_FAILED'};
    const record = {input_file: 'a.jsonl', count: 1, uploaded_file_name: 'files/a', batch};
    const cwd = await folderWith({
      'gembatch.toml': 'model = "gemini-2.5-pro"\n',
      'job-info.jsonl': `${JSON.stringify(record)}\n`,
      'a.jsonl': REQUEST,
    });
    const list = await runCli(['list'], {cwd});
    expect(list.stderr).toBe('');
    expect(list.stdout).toContain('a.jsonl');
    const retry = await runCli(['retry', '--json'], {cwd, env});
    expect(retry.json()).toMatchObject({
      submissions: [{model: 'models/gemini-3.5-flash-lite'}],
      exit_code: 0,
    });
  });

  test.each([
    ['modl = "x"', '"modl" is no setting', 'Did you mean model?'],
    ['model = 3', '"model" is no string', 'model = "…"'],
    ['model = "x', 'Line 1, column', 'Correct the line'],
    ['concurrency = 900', 'less than or equal to 64', 'Correct the file'],
    ['if-changed = "now"', 'none of: fail, skip, submit', 'Correct the file'],
    ['profiles = 3', '"profiles" is no table', '[profiles.NAME]'],
  ])('that says %s ends the command with exit 2 and names the file', async (text, what, remedy) => {
    const cwd = await folderWith({'gembatch.toml': text, 'a.jsonl': REQUEST});
    const {code, stderr} = await runCli(['submit', 'a.jsonl', '-n'], {cwd});
    expect(code).toBe(2);
    expect(stderr).toContain('gembatch.toml');
    expect(stderr).toContain(what);
    expect(stderr).toContain(remedy);
  });

  test('without the profile that is asked for ends the command and names those that there are', async () => {
    const cwd = await folderWith({'gembatch.toml': '[profiles.nightly]\n'});
    const {code, stderr} = await runCli(['--profile', 'nigthly', 'list'], {cwd});
    expect(code).toBe(2);
    expect(stderr).toContain('There is: nightly.');
  });

  test('of the user counts for all settings, the address and the API key included', async () => {
    const {emulator, env} = await useEmulator();
    const cwd = await folderWith({
      [PERSONAL]: `service-url = "${env.GOOGLE_GEMINI_BASE_URL}"\napi-key-variable = "MY_KEY"\n`,
    });
    const {code, json} = await runCli(['models', '--json'], {cwd, env: {MY_KEY: 'test-key'}});
    expect(code).toBe(0);
    expect(emulator.control.requests().length).toBeGreaterThan(0);
    expect(JSON.stringify(json())).not.toContain('test-key');
  });
});

describe('a configuration file from somebody else', () => {
  test('raises no cap of the user', async () => {
    const cwd = await folderWith({'gembatch.toml': 'max-cost = 1000\n', [PERSONAL]: 'max-cost = 5\n'});
    expect(setting(await runCli(['config', '--json'], {cwd}), 'max-cost')).toMatchObject({
      value: '5',
      source: PERSONAL,
    });
  });

  test.each([
    ['service-url', 'service-url = "https://evil.example"'],
    ['api-key-variable', 'api-key-variable = "AWS_SECRET_ACCESS_KEY"'],
    ['on-done', 'on-done = "touch pwned"'],
    ['prices', 'prices = "free.json"'],
    ['the same in a profile', '[profiles.nightly]\nservice-url = "https://evil.example"'],
    ['a folder above', 'results-dir = "../elsewhere"'],
    ['an absolute path', 'job-info = "/tmp/elsewhere.jsonl"'],
    ['a path through a link', 'results-dir = "link/results"'],
  ])('must not set %s', async (_name, text) => {
    const {emulator, env} = await useEmulator();
    const cwd = await folderWith({'work/gembatch.toml': text, 'work/a.jsonl': REQUEST, 'elsewhere/x': ''});
    await symlink('../elsewhere', join(cwd, 'work/link'));
    const {code, stderr} = await runCli(['run', 'a.jsonl'], {cwd: join(cwd, 'work'), env});
    expect(code).toBe(2);
    expect(stderr).toContain('gembatch.toml');
    expect(emulator.control.requests()).toEqual([]);
  });

  test('does not count when another user owns it, and is named', async () => {
    const cwd = await folderWith({'gembatch.toml': 'model = "a"\n'});
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(join(cwd, 'gembatch.toml'), 12_345, 12_345);
    const result = await runCli(['config', '--json'], {cwd});
    const expected = isRoot ? {source: 'default'} : {source: 'gembatch.toml'};
    expect(setting(result, 'model')).toMatchObject(expected);
    expect(result.stderr.includes('belongs to another user')).toBe(isRoot);
    const named = await runCli(['config', '--json'], {cwd, env: {GEMBATCH_CONFIG: 'gembatch.toml'}});
    expect(setting(named, 'model')).toMatchObject({value: 'a'});
  });
});
