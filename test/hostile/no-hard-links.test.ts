import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test} from '@jest/globals';
import {JobFixture} from '../helpers/job-fixture.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

/** Makes the file system of a command one without hard links; `KILL` ends it where it would rename a file into `results`. */
const PRELOAD = `
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
const refused = Object.assign(new Error('EPERM: operation not permitted, link'), {code: process.env.LINK_CODE ?? 'EPERM', syscall: 'link'});
fs.promises.link = async () => { throw refused; };
const {rename} = fs.promises;
fs.promises.rename = async (from, to) => {
  if (process.env.KILL && String(to).includes('results')) process.kill(process.pid, 'SIGKILL');
  return rename(from, to);
};
syncBuiltinESMExports();
`;

/** Two finished jobs in a folder on such a file system, and how a command is run there. */
async function finishedJobs(...files: readonly string[]): Promise<{
  jobs: JobFixture;
  run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<CliResult>;
}> {
  const jobs = await JobFixture.create();
  for (const file of files) await jobs.submit(file);
  jobs.finishJobs();
  const preload = join(jobs.folder, 'preload.mjs');
  await writeFile(preload, PRELOAD);
  const nodeArgs = ['--import', pathToFileURL(preload).href];
  const {options} = jobs;
  return {
    jobs,
    run: (args, env) => runCli(args, {...options, nodeArgs, env: {...options.env, ...env}}),
  };
}

test.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('results come home where link fails with %s', async (code) => {
  const {jobs, run} = await finishedJobs('a.jsonl', 'b.jsonl');
  await mkdir(join(jobs.folder, 'results'));
  await writeFile(join(jobs.folder, 'results/b.jsonl'), 'notes\n');
  expect((await run(['poll'], {LINK_CODE: code})).code).toBe(0);
  expect(await jobs.read('results/a.jsonl')).toContain('"r3"');
  expect(await jobs.read('results/b.jsonl')).toBe('notes\n');
  expect(await readdir(join(jobs.folder, 'results'))).toHaveLength(3);
});

test('a kill at the moment in which a name is reserved leaves a name that the next run takes', async () => {
  const {jobs, run} = await finishedJobs('a.jsonl');
  const killed = await run(['poll'], {KILL: '1'});
  expect(killed.signal).toBe('SIGKILL');
  expect(await jobs.read('results/a.jsonl')).toContain('gembatch is about to put a file here');
  expect((await run(['poll'])).code).toBe(0);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl']);
  expect(await jobs.read('results/a.jsonl')).toContain('"r3"');
});

test('two polls at once fetch one result into one file', async () => {
  const {jobs, run} = await finishedJobs('a.jsonl', 'b.jsonl', 'c.jsonl');
  const codes = (await Promise.all([run(['poll']), run(['poll'])])).map(({code}) => code);
  expect(codes).toContain(0);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl']);
});

test('request files whose names differ in case only have result files whose names differ in more', async () => {
  const {jobs, run} = await finishedJobs('a.jsonl', 'A.jsonl', 'Á.jsonl', 'á.jsonl');
  expect((await run(['poll'])).code).toBe(0);
  const results = (await jobs.records()).map(({results: stored}) => stored?.file ?? '');
  expect(new Set(results.map((file) => file.toLowerCase())).size).toBe(4);
  const texts = await Promise.all(results.map((file) => jobs.read(file)));
  expect(new Set(texts).size).toBe(4);
});
