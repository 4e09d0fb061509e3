import {spawnSync} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {MODEL} from '../helpers/submit.js';
import {runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** What never ends when it is opened or read. */
const ENDLESS = [
  'pipe',
  ...(process.platform === 'linux' ? ['/dev/zero', '/proc/self/pagemap', '/proc/self/mem'] : []),
];

function makePipe(folder: string): void {
  spawnSync('mkfifo', [join(folder, 'pipe')]);
}

const RESULTS = {
  size_bytes: 1,
  sha256: '0'.repeat(64),
  fetched_at: '2026-01-01T00:00:00Z',
  rows: {...noCounts(), error: 1},
  request_file: 'matched',
} as const;

describe.each(ENDLESS)('a job-info file that names %s', (file) => {
  test('as a request file keeps no command from its end', async () => {
    const jobs = await JobFixture.create();
    makePipe(jobs.folder);
    await jobs.record(file, {count: 1, uploaded: await jobs.upload(requestLines(1))});
    await jobs.submit('good.jsonl');
    jobs.finishJobs();
    const poll = await jobs.poll('--results-dir', join(jobs.folder, 'out'));
    expect(poll.stderr).toContain('good.jsonl');
    expect(poll.code).toBe(0);
    expect(await jobs.read('out/good.jsonl')).toContain('"r1"');
    const commands = [
      ['results', '--join'],
      ['results', '--failed'],
      ['retry', '--dry-run', '--json'],
      ['estimate', file],
    ];
    for (const command of commands) {
      expect((await runCli(command, jobs.options)).code).not.toBeNull();
    }
  });

  test('as a result file keeps no command from its end', async () => {
    const jobs = await JobFixture.create();
    makePipe(jobs.folder);
    await jobs.submit('a.jsonl', 1, {results: {...RESULTS, file}});
    await jobs.submit('good.jsonl');
    jobs.finishJobs();
    const commands = [
      ['poll', '--once'],
      ['results', '--join'],
      ['results', '--failed'],
      ['retry', '--dry-run'],
      ['list', '--json'],
      ['cleanup', '--dry-run'],
    ];
    for (const command of commands) {
      const {code, stderr} = await runCli(command, jobs.options);
      expect(code).not.toBeNull();
      expect(stderr).not.toContain('    at ');
    }
    expect(await jobs.read('results/good.jsonl')).toContain('"r1"');
  });
});

test.each(ENDLESS)('submit refuses %s at once', async (file) => {
  const folder = await tempDir();
  makePipe(folder);
  const {env} = await useEmulator();
  const {code, stdout} = await runCli(['submit', file, '--model', MODEL, '--json'], {cwd: folder, env});
  expect(code).toBe(2);
  expect(stdout).toMatch(/is a pipe, a socket or a device|is empty|cannot be read/u);
});

test('prepare refuses pipes, named or in a folder or a cell', async () => {
  const folder = await tempDir();
  makePipe(folder);
  await mkdir(join(folder, 'texts'));
  spawnSync('mkfifo', [join(folder, 'texts/a.txt')]);
  await writeFile(join(folder, 'rows.csv'), 'prompt,picture\nhello,texts/a.txt\n');
  const commands = [
    ['prepare', 'pipe'],
    ['prepare', 'texts', '--prompt', '{{text}}'],
    ['prepare', 'rows.csv', '--attach', 'picture'],
  ];
  for (const command of commands) {
    const {code, stderr} = await runCli([...command, '--output', 'out.jsonl'], {cwd: folder});
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a pipe, a socket or a device')]);
  }
});
