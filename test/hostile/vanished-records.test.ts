import {writeFileSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {useRenamingFront} from '../helpers/renaming-front.js';
import {FAST_CLOCK, runCli, startCli} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';

const fast = ({options}: JobFixture) => ({
  ...options,
  nodeArgs: FAST_CLOCK,
  env: {...options.env, GEMBATCH_TEST_SPEED: '10'},
});

const CHANGES: readonly (readonly [string, (path: string, text: string) => Promise<void>])[] = [
  ['one line is removed', (path, text) => writeFile(path, text.slice(text.indexOf('\n') + 1))],
  ['the file is emptied', (path) => writeFile(path, '')],
  ['the file is deleted', (path) => rm(path)],
];

test.each(CHANGES)('poll names the job when %s while it is followed', async (_, change) => {
  const jobs = await JobFixture.create();
  const {batch} = await jobs.submit('a.jsonl');
  await jobs.submit('b.jsonl');
  const path = join(jobs.folder, 'job-info.jsonl');
  const poll = startCli(['poll', 'a.jsonl'], fast(jobs));
  await poll.seen('Following 1 job');
  await change(path, await readFile(path, 'utf8'));
  const {code, stdout, stderr} = await poll.ended;
  expect(code).toBe(EXIT.storage);
  expect(stdout + stderr).toContain(`a.jsonl: the record of ${batch.name} is not in`);
  expect(stdout + stderr).toContain(`gembatch adopt ${batch.name}`);
  expect(stdout).toContain('1 not in the job-info file any more');
});

test('run names the job whose record is gone, and does not end well', async () => {
  const jobs = await JobFixture.create();
  await writeFile(join(jobs.folder, 'a.jsonl'), requestLines(1));
  const run = startCli(['run', 'a.jsonl', '-m', MODEL], fast(jobs));
  await run.seen('Following 1 job');
  await rm(join(jobs.folder, 'job-info.jsonl'));
  const {code, stdout, stderr} = await run.ended;
  expect([code, stdout + stderr]).toEqual([EXIT.storage, expect.stringContaining('a.jsonl: the record of')]);
});

test('a record that comes back at once, as when an editor saves the file, is followed on', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  const path = join(jobs.folder, 'job-info.jsonl');
  const poll = jobs.start();
  await poll.seen('Following 1 job');
  const text = await readFile(path, 'utf8');
  for (let saves = 0; saves < 20; saves += 1) {
    await writeFile(path, '');
    await writeFile(path, text);
  }
  jobs.finishJobs();
  expect((await poll.ended).code).toBe(EXIT.ok);
});

describe('a record that is taken away while a command asks the service', () => {
  const commands = [
    ['list --refresh', /GET .*\/batches\//u],
    ['list --refresh --json', /GET .*\/batches\//u],
    ['results', /:download/u],
    ['cancel a.jsonl', /:cancel/u],
    ['cancel --all-running --yes', /:cancel/u],
    ['cleanup --yes', /DELETE .*\/batches\//u],
  ] as const;

  test.each(commands)('is named by %s, which does not end well', async (line, call) => {
    const jobs = await JobFixture.create();
    const {batch} = await jobs.submit('a.jsonl');
    if (!/cancel|list/u.test(line)) {
      jobs.finishJobs();
      await runCli(
        line.startsWith('results') ? ['list', '--refresh'] : ['poll', '--keep-remote'],
        jobs.options,
      );
    }
    const path = join(jobs.folder, 'job-info.jsonl');
    const url = await useRenamingFront(jobs.emulator.url, ({method, path: called}) => {
      if (call.test(`${method} ${called}`)) writeFileSync(path, '');
    });
    const env = {...jobs.options.env, GOOGLE_GEMINI_BASE_URL: url};
    const {code, stdout, stderr} = await runCli(line.split(' '), {...jobs.options, env});
    expect([code, stdout + stderr]).toEqual([
      EXIT.storage,
      expect.stringContaining(`the record of ${batch.name} is not in`),
    ]);
    expect(stdout + stderr).not.toContain('disk space');
  });

  test('ends a watch of the list, which says so', async () => {
    const jobs = await JobFixture.create();
    const {batch} = await jobs.submit('a.jsonl');
    const watch = startCli(['list', '--watch'], fast(jobs));
    await watch.seen('pending');
    await rm(join(jobs.folder, 'job-info.jsonl'));
    const {code, stderr} = await watch.ended;
    expect([code, stderr]).toEqual([EXIT.storage, expect.stringContaining(`the record of ${batch.name}`)]);
  });
});
