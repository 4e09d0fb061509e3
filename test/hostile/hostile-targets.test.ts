import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmod, mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';

const MODEL = 'gemini-2.5-flash-lite';

/** A finished job whose record says that it came from that file. */
async function jobFrom(inputFile: string, extra: Partial<JobRecord> = {}): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  const uploaded = await jobs.upload('{"key":"r1","request":{"contents":[{"parts":[{"text":"hi"}]}]}}\n');
  await jobs.record(inputFile, {count: 1, uploaded, extra});
  jobs.finishJobs();
  return jobs;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true});
  return entries.filter((entry) => entry.isFile()).map(({parentPath, name}) => join(parentPath, name));
}

test('results stay in the chosen folder, whatever a record calls its request file', async () => {
  const crafted = [
    '../../x.jsonl',
    '/etc/cron.d/x.jsonl',
    'a/../../x.jsonl',
    '..\\..\\x.jsonl',
    '.',
    '..',
    '',
    'a/..',
    '/',
    'con.jsonl',
  ];
  const jobs = await JobFixture.create();
  const uploaded = await jobs.upload(requestLines(1));
  for (const file of crafted) await jobs.record(file, {count: 1, uploaded});
  jobs.finishJobs();
  const parent = await tempDir();
  const {code} = await jobs.poll('--results-dir', join(parent, 'chosen'));
  expect(code).toBe(0);
  const found = await filesBelow(parent);
  expect(found).toHaveLength(crafted.length);
  expect(found.every((path) => path.startsWith(`${join(parent, 'chosen')}/`))).toBe(true);
});

test.each(['a\0b.jsonl', `${'x'.repeat(300)}.jsonl`])(
  '%j is an error of its job alone',
  async (inputFile) => {
    const jobs = await jobFrom(inputFile);
    await jobs.submit('good.jsonl');
    jobs.finishJobs();
    const {code, stderr} = await jobs.poll('--once');
    expect([code, stderr]).toEqual([3, expect.stringContaining('good.jsonl: ')]);
    expect(await readdir(join(jobs.folder, 'results'))).toEqual(['good.jsonl']);
  },
);

describe('a record that leads out of the folder of the job-info file', () => {
  const outside = async (make: (folder: string) => Promise<string>): Promise<[JobFixture, string]> => {
    const folder = await tempDir();
    return [await jobFrom(await make(folder)), folder];
  };

  test('has no results written beside what somebody else has there', async () => {
    const [jobs, folder] = await outside(async (away) => {
      await writeFile(join(away, '.bashrc'), '# mine\n');
      return join(away, '.bashrc');
    });
    const {code, stderr} = await jobs.poll('--once');
    expect([code, stderr]).toEqual([EXIT.storage, expect.stringContaining('--results-dir FOLDER')]);
    expect(await readdir(folder)).toEqual(['.bashrc']);
    // Nothing is lost: a person names the folder.
    await runCli(['results', '--results-dir', 'out'], jobs.options);
    expect(await readdir(join(jobs.folder, 'out'))).toHaveLength(1);
  });

  test('is no better through a folder that is a link', async () => {
    const [jobs, folder] = await outside(async () => 'link/x.jsonl');
    await symlink(folder, join(jobs.folder, 'link'));
    expect((await jobs.poll('--once')).code).toBe(EXIT.storage);
    expect(await readdir(folder)).toEqual([]);
  });

  test('has its results beside the request file that was submitted', async () => {
    const [jobs, folder] = await outside(async (away) => {
      await writeFile(
        join(away, 'x.jsonl'),
        '{"key":"r1","request":{"contents":[{"parts":[{"text":"hi"}]}]}}\n',
      );
      return join(away, 'x.jsonl');
    });
    expect((await jobs.poll('--once')).code).toBe(0);
    expect(await readdir(join(folder, 'results'))).toEqual(['x.jsonl']);
  });
});

test('retry fetches nothing into a folder that only a record names', async () => {
  const folder = await tempDir();
  const jobs = await JobFixture.create();
  jobs.emulator.control.outcome({match: '', rows: [{fault: 'error', keys: ['r1']}]});
  await jobs.submit('a.jsonl');
  jobs.finishJobs();
  await jobs.poll('--keep-remote');
  const text = await jobs.read('job-info.jsonl');
  const forged = text.replace('"results/a.jsonl"', JSON.stringify(join(folder, 'a.jsonl')));
  await writeFile(join(jobs.folder, 'job-info.jsonl'), forged);
  const {stdout} = await runCli(['retry', '--model', MODEL], jobs.options);
  expect(stdout).toContain('--results-dir FOLDER');
  expect(await readdir(folder)).toEqual([]);
});

test('a record that names no file has its results in the folder of the job-info file', async () => {
  const jobs = await jobFrom('.');
  expect((await jobs.poll()).code).toBe(0);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual([expect.stringMatching(/^\w+\.jsonl$/u)]);
});

test('links that are planted for results and retries are not followed', async () => {
  const jobs = await JobFixture.create();
  const outside = await tempDir();
  const victim = join(outside, 'victim');
  await writeFile(victim, 'precious');
  jobs.emulator.control.outcome({match: '', rows: [{fault: 'error', keys: ['r1']}]});
  await jobs.submit('a.jsonl');
  await mkdir(join(jobs.folder, 'results'));
  await symlink(victim, join(jobs.folder, 'results/a.jsonl'));
  jobs.finishJobs();
  await jobs.poll('--keep-remote');
  const [record] = await jobs.records();
  expect(record?.results?.file).toMatch(/^results\/a\.\w+\.jsonl$/u);

  await symlink(outside, join(jobs.folder, 'retries'));
  const {stdout, stderr} = await runCli(['retry', '--model', MODEL], jobs.options);
  expect(stdout + stderr).toContain('retries is a link');
  expect(await readdir(outside)).toEqual(['victim']);
  expect(await readFile(victim, 'utf8')).toBe('precious');
});

test('a record that calls a foreign file a result cannot have rows written into it', async () => {
  const jobs = await JobFixture.create();
  const victim = join(await tempDir(), '.profile');
  await writeFile(victim, 'export A=1\n');
  const row = {
    key: '$(id)',
    response: {candidates: [{content: {parts: [{text: 'x'}]}, finishReason: 'STOP'}]},
  };
  const answer = `${JSON.stringify(row)}\n`;
  await writeFile(join(jobs.folder, 'rows.jsonl'), answer);
  const rows = {...noCounts(), ok: 1};
  const resultsOf = (text: string): object => ({
    size_bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    fetched_at: '',
    rows,
    request_file: 'matched',
  });
  const record = (name: string, file: string, text: string): object => ({
    input_file: `${name}.jsonl`,
    count: 1,
    uploaded_file_name: '',
    batch: {name: `batches/${name}`, state: 'JOB_STATE_SUCCEEDED'},
    results: {...resultsOf(text), file},
  });
  const records = [
    record('one', victim, 'export A=1\n'),
    {...record('two', 'rows.jsonl', answer), retry_of: 'batches/one'},
  ];
  await writeFile(
    join(jobs.folder, 'job-info.jsonl'),
    records.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const {stderr} = await jobs.poll('--once');
  expect(stderr).toContain('holds no results; it is untouched');
  expect(await readFile(victim, 'utf8')).toBe('export A=1\n');
});

// Two processes.
test('what a command makes is for its owner alone, or as the umask says, and never for more people than before', async () => {
  const jobs = await JobFixture.create();
  const preload = join(jobs.folder, 'umask.mjs');
  await writeFile(preload, 'process.umask(0o000);\n');
  const options = {...jobs.options, nodeArgs: ['--import', pathToFileURL(preload).href]};
  const modeOf = async (file: string): Promise<string> =>
    ((await stat(join(jobs.folder, file))).mode & 0o777).toString(8);
  await writeFile(join(jobs.folder, 'a.jsonl'), requestLines(2));
  const {control} = jobs.emulator;
  control.outcome({match: '', rows: [{fault: 'error', keys: ['r1']}]});
  control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
  const submission = startCli(['submit', 'a.jsonl', '--model', MODEL], options);
  await until(() => control.paid().length > 0);
  expect(await modeOf('job-info.jsonl.journal')).toBe('600');
  submission.process.kill('SIGKILL');
  await submission.ended;

  jobs.finishJobs();
  const poll = ['poll', '--once', '--keep-remote'];
  await runCli(poll, options);
  const [record] = await jobs.records();
  const result = record?.results?.file ?? '';
  expect([await modeOf('job-info.jsonl'), await modeOf(result)]).toEqual(['600', '666']);

  await chmod(join(jobs.folder, result), 0o600);
  control.clearOutcomes();
  await runCli(['retry', '--model', MODEL], options);
  jobs.finishJobs();
  await runCli(poll, options);
  const [merged] = await jobs.records();
  expect([merged?.results?.rows.ok, await modeOf(result)]).toEqual([2, '600']);
});

describe('a folder from somebody else', () => {
  /** What must stay as it is, and a folder with a request file. */
  async function prepared(): Promise<{victim: string; folder: string; submitted: () => Promise<CliResult>}> {
    const {env} = await useEmulator();
    const folder = await tempDir();
    const victim = join(await tempDir(), '.bashrc');
    await writeFile(victim, '# mine\n');
    await writeFile(join(folder, 'a.jsonl'), requestLines(1));
    return {
      victim,
      folder,
      submitted: () => runCli(['submit', 'a.jsonl', '-m', MODEL], {cwd: folder, env}),
    };
  }

  test.each(['journal', 'lock', 'tmp'])('has nothing written through %s as a link', async (name) => {
    const {victim, folder, submitted} = await prepared();
    await symlink(victim, join(folder, `job-info.jsonl.${name}`));
    const {code, stderr} = await submitted();
    expect([code, stderr]).toEqual([10, expect.stringContaining('is a link')]);
    expect(await readFile(victim, 'utf8')).toBe('# mine\n');
  });

  test.each(['# mine\n', '', null])('has no record written to a link to a file with %j', async (content) => {
    const {victim, folder, submitted} = await prepared();
    await rm(victim);
    if (content !== null) await writeFile(victim, content);
    await symlink(victim, join(folder, 'job-info.jsonl'));
    expect((await submitted()).code).toBe(10);
    expect(await readFile(victim, 'utf8').catch(() => null)).toBe(content);
    expect(await readdir(dirname(victim))).toEqual(content === null ? [] : ['.bashrc']);
  });

  test('may have a job-info file that is a link to a job-info file', async () => {
    const {victim, folder, submitted} = await prepared();
    await writeFile(join(folder, 'b.jsonl'), requestLines(1, 'b'));
    expect((await submitted()).code).toBe(0);
    await rename(join(folder, 'job-info.jsonl'), victim);
    await symlink(victim, join(folder, 'job-info.jsonl'));
    const {code, stdout} = await runCli(['list', '--json'], {cwd: folder});
    expect([code, stdout]).toEqual([0, expect.stringContaining(victim)]);
  });

  test.each(['journal', 'lock', 'tmp'])('keeps no command waiting by a pipe as %s', async (name) => {
    const {folder, submitted} = await prepared();
    spawnSync('mkfifo', [join(folder, `job-info.jsonl.${name}`)]);
    expect((await submitted()).code).toBe(10);
  });

  test('a file that is named by mistake gets no record', async () => {
    const {folder, victim} = await prepared();
    const {env, emulator} = await useEmulator();
    for (const text of ['# Title\n', '# Title\n\nText\n', '#!/bin/sh\n# nothing\n']) {
      await writeFile(victim, text);
      const args = ['submit', 'a.jsonl', '-m', MODEL, '--job-info', victim];
      const {code, stderr} = await runCli(args, {cwd: folder, env});
      expect([code, stderr]).toEqual([10, expect.stringContaining('cannot be read whole')]);
      expect(await readFile(victim, 'utf8')).toBe(text);
    }
    expect(emulator.control.paid()).toEqual([]);
  });
});
