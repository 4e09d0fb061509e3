import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {modelChoices} from '../../src/cli/config/model-choices.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliOptions} from '../helpers/run-cli.js';
import {MODEL, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

interface Check {
  readonly status: string;
  readonly detail: string;
  readonly next: string | null;
}

async function doctor(
  options: CliOptions,
  ...args: readonly string[]
): Promise<{code: number | null; check: (name: string) => Check | undefined}> {
  const {code, json} = await runCli(['doctor', ...args, '--json'], options);
  const report = json() as {checks: (Check & {name: string})[]};
  expect(schemaErrors('doctor', report)).toEqual([]);
  return {code, check: (wanted) => report.checks.find(({name}) => name === wanted)};
}

describe('gembatch doctor', () => {
  test('finds everything in order, creates nothing and says so in a line for each check', async () => {
    const {emulator, env} = await useEmulator();
    const cwd = await tempDir();
    const {code, stdout} = await runCli(['doctor', '-m', MODEL], {cwd, env});
    expect(code).toBe(0);
    for (const name of [
      'Node',
      'Configuration',
      'Proxy',
      'Service',
      'API key',
      'Model',
      'Storage',
      'Open jobs',
      'Lock',
      'Disk',
    ])
      expect(stdout).toMatch(new RegExp(`^✔ ${name} `, 'mu'));
    expect(emulator.control.counts()['batches.create']).toBeUndefined();
  });

  test('without an API key says where to get one, asks the service nothing and exits with 6', async () => {
    const {code, check} = await doctor({cwd: await tempDir()});
    expect(code).toBe(6);
    expect(check('API key')).toMatchObject({status: 'failed', next: expect.stringContaining('aistudio')});
    expect(check('Service')).toMatchObject({status: 'skipped'});
    expect(check('Disk')).toMatchObject({status: 'ok'});
  });

  test('tells a refused API key from a service that is not there', async () => {
    const {emulator, env} = await useEmulator();
    const cwd = await tempDir();
    emulator.control.fault({on: 'models.list', fault: {kind: 'status', status: 403}, times: 100});
    const refused = await doctor({cwd, env});
    expect(refused.code).toBe(6);
    expect(refused.check('Service')).toMatchObject({status: 'ok'});
    await emulator.close();
    const fast = {...env, GEMBATCH_TEST_SPEED: '500'};
    const gone = await doctor({cwd, env: fast, nodeArgs: FAST_CLOCK});
    expect(gone.code).toBe(9);
    expect(gone.check('Service')).toMatchObject({status: 'failed'});
    expect(gone.check('API key')).toMatchObject({status: 'skipped'});
  });

  test('says that a model is unknown, and exits with 11', async () => {
    const {env} = await useEmulator();
    const {code, check} = await doctor({cwd: await tempDir(), env}, '-m', 'gemini-0-nothing');
    expect(code).toBe(11);
    expect(check('Model')).toMatchObject({status: 'failed', next: 'Choose another: gembatch models'});
  });

  test('names the model to take where nobody chose one and the service has the default no longer', async () => {
    const {env} = await useEmulator();
    const {check} = await doctor({cwd: await tempDir(), env});
    expect(check('Model')).toMatchObject({
      status: 'failed',
      next: 'Name another when you submit: --model gemini-3.5-flash-lite. To make it your default: gembatch init',
    });
  });

  test('counts uploads and open jobs, and warns of an API key that does not show the recorded ones', async () => {
    const {env} = await useEmulator();
    const other = await useEmulator();
    const folder = await tempDir();
    await requestFiles(folder, 2);
    await submit({folder, env}, '*.jsonl');
    const own = await doctor({cwd: folder, env}, '-m', MODEL);
    expect(own.check('Open jobs')?.detail).toMatch(/^2 of/u);
    expect(own.check('Storage')?.detail).toMatch(/in 2 uploaded files/u);
    expect(own.check('API key')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('recorded here'),
    });
    const foreign = await doctor({cwd: folder, env: other.env}, '-m', MODEL);
    expect(foreign.code).toBe(0);
    expect(foreign.check('API key')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('batches/'),
    });
  });

  test('finds a job-info file that cannot be read whole', async () => {
    const cwd = await tempDir();
    await writeFile(join(cwd, 'job-info.jsonl'), '{"input_file": "a.jso');
    const {env} = await useEmulator();
    const {code, check} = await doctor({cwd, env}, '-m', MODEL);
    expect(code).toBe(10);
    expect(check('Job-info file')).toMatchObject({status: 'failed'});
  });
});

describe('gembatch init', () => {
  test('offers models that write text, the cheapest first, and none that speaks', async () => {
    const models = (await modelChoices(Date.parse('2026-11-28T00:00:00Z'))).map(({model}) => model);
    expect(models).toContain('gemini-2.5-flash-lite');
    expect(models.filter((model) => model.includes('tts'))).toEqual([]);
  });

  test('writes a configuration file that the next command takes', async () => {
    const cwd = await tempDir();
    const {code, stdout} = await runCli(['init', '-m', MODEL, '--results-dir', 'out'], {cwd});
    expect(code).toBe(0);
    expect(stdout).toContain('Next: gembatch doctor');
    const {json} = await runCli(['config', '--json'], {cwd});
    const {settings} = json() as {settings: {name: string; value: string}[]};
    const valueOf = (wanted: string) => settings.find(({name}) => name === wanted)?.value;
    expect([valueOf('model'), valueOf('results-dir')]).toEqual([MODEL, join(cwd, 'out')]);
  });

  test('asks for a model where nobody can answer with exit 2, and changes no file that is there', async () => {
    const cwd = await tempDir();
    expect(await runCli(['init'], {cwd})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--model'),
    });
    await runCli(['init', '-m', 'a'], {cwd});
    expect(await runCli(['init', '-m', 'b'], {cwd})).toMatchObject({code: 2});
    expect((await runCli(['config'], {cwd})).stdout).toMatch(/model +a /u);
  });

  test('notes the variable of the API key in the file of the user, whose other settings stay', async () => {
    const cwd = await tempDir();
    const personal = join(cwd, '.home/config/gembatch');
    await mkdir(personal, {recursive: true});
    await writeFile(join(personal, 'config.toml'), '[profiles.x]\nmodel = "y"\n');
    const env = {MY_KEY: 'secret-key-1'};
    const {json} = await runCli(['init', '-m', 'a', '--api-key-variable', 'MY_KEY', '--json'], {cwd, env});
    expect(json()).toMatchObject({has_api_key: true, model: 'a'});
    const view = await runCli(['config', '--json', '--profile', 'x'], {cwd, env});
    expect(view.json()).toMatchObject({api_key_variable: 'MY_KEY', profiles: ['x']});
    expect(view.stdout).not.toContain('secret');
  });
});
