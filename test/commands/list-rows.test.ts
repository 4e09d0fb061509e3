/** What `gembatch list` makes of many jobs: rows, filters, and what a screen has room for. */
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';
import {JOB_FIELDS} from '../../src/lib/workflows/list/job-fields.js';
import {ROOT, runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

interface Job {
  readonly file: string;
  readonly name: string;
  readonly state?: string;
  readonly model?: string;
  readonly created?: string;
  /** Good and bad rows, once the results are here. */
  readonly rows?: readonly [number, number];
  /** Requests that the service counts as answered and as failed. */
  readonly counted?: readonly [number, number];
  readonly [member: string]: unknown;
}

/** A folder whose job-info file has these jobs. */
async function folderOf(jobs: readonly Job[]): Promise<string> {
  const folder = await tempDir();
  const lines = jobs.map(
    ({file, name, state = 'SUCCEEDED', model = 'm', created, rows, counted, ...rest}) => ({
      input_file: file,
      count: 10,
      uploaded_file_name: '',
      batch: {
        name: `batches/${name}`,
        model: `models/${model}`,
        state: `JOB_STATE_${state}`,
        ...(state === 'SUCCEEDED' ? {dest: {file_name: `files/${name}`}} : {}),
        ...(state === 'FAILED' ? {error: {code: 3, message: 'Bad request.'}} : {}),
        create_time: created ?? '2026-11-01T10:00:00Z',
        ...(counted === undefined ? {} : {stats: statsOf(counted)}),
      },
      ...(rows === undefined
        ? {}
        : {results: {...RESULTS, file: `${name}.out`, rows: {...noCounts(), ok: rows[0], error: rows[1]}}}),
      ...rest,
    }),
  );
  await writeFile(join(folder, 'job-info.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  // The results are there as they were recorded: empty.
  for (const {name, rows} of jobs) if (rows !== undefined) await writeFile(join(folder, `${name}.out`), '');
  return folder;
}

function statsOf([successful, failed]: readonly [number, number]): object {
  return {
    request_count: successful + failed,
    pending_request_count: 0,
    successful_request_count: successful,
    failed_request_count: failed,
  };
}

const RESULTS = {
  size_bytes: 0,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  fetched_at: '2026-11-01T11:00:00Z',
  request_file: 'matched',
};

const list = (cwd: string, ...args: string[]): Promise<CliResult> => runCli(['list', ...args], {cwd});

/** The lines of the table, without the header. */
function rowsOf({stdout}: CliResult): readonly string[] {
  const lines = stdout.split('\n');
  return lines.slice(1, lines.indexOf(''));
}

/** A file with a retry of two rows, one whose second try runs, one in three parts, and one that failed. */
const SEVERAL: readonly Job[] = [
  {file: 'a.jsonl', name: 'a1', rows: [10, 0]},
  {
    file: 'retries/a.a1.jsonl',
    name: 'a2',
    rows: [2, 0],
    retry_of: 'batches/a1',
    merged_at: '2026-11-01T12:00:00Z',
  },
  {file: 'b.jsonl', name: 'b1', state: 'EXPIRED', model: 'n'},
  {
    file: 'b.jsonl',
    name: 'b2',
    state: 'RUNNING',
    model: 'n',
    retry_of: 'batches/b1',
    created: '2026-11-03T10:00:00Z',
  },
  {file: 'parts/c.1-of-3.jsonl', name: 'c1', rows: [10, 0], part_of: partOf(1)},
  {file: 'parts/c.2-of-3.jsonl', name: 'c2', rows: [9, 1], part_of: partOf(2)},
  {file: 'parts/c.3-of-3.jsonl', name: 'c3', state: 'RUNNING', part_of: partOf(3)},
  {file: 'd.jsonl', name: 'd1', rows: [8, 2]},
  {file: 'retries/d.d1.jsonl', name: 'd2', state: 'PENDING', retry_of: 'batches/d1'},
  {file: 'e.jsonl', name: 'e1', state: 'FAILED'},
];

function partOf(index: number): object {
  return {input_file: 'c.jsonl', sha256: '0'.repeat(64), index, of: 3, first_line: 1 + 10 * (index - 1)};
}

test('a request file is one row, with its retries and parts; --all shows each job', async () => {
  const folder = await folderOf(SEVERAL);
  const ended = await list(folder, '--columns', 'file,requests,state,result');
  expect(rowsOf(ended)).toEqual([
    'a.jsonl        10  succeeded  10 ok',
    'b.jsonl        10  running',
    'c.jsonl        30  running    2 of 3 parts',
    'd.jsonl        10  pending    8 ok, the rest again',
    'e.jsonl        10  failed     Bad request.',
  ]);
  expect(ended.stdout).toContain('5 files: 1 done, 1 failed, 2 running, 1 pending (10 batch jobs: --all)');
  const all = await list(folder, '--all');
  expect(rowsOf(all)).toHaveLength(10);
  expect(all.stdout).toContain(
    '10 jobs: 2 done, 1 with bad rows, 1 failed, 2 running, 1 pending, 3 replaced',
  );
  const {jobs} = (await list(folder, '--json')).json() as {jobs: readonly object[]};
  expect(jobs).toHaveLength(10);
});

test('requests, done and failed are those of the file, however many retries failed before one was merged', async () => {
  const first = {file: 'a.jsonl', name: 'a1', count: 4, counted: [2, 2], rows: [3, 1]} as const;
  const retry = {file: 'retries/a.a1.jsonl', count: 2} as const;
  const merged = {...retry, counted: [1, 1], rows: [1, 1], merged_at: '2026-11-01T12:00:00Z'} as const;
  const columns = ['--columns', 'requests,done,failed,result'];
  const one = await folderOf([first, {...merged, name: 'a2', retry_of: 'batches/a1'}]);
  const several = await folderOf([
    first,
    {...retry, name: 'a2', retry_of: 'batches/a1', state: 'FAILED'},
    {...retry, name: 'a3', retry_of: 'batches/a2', state: 'CANCELLED'},
    {...merged, name: 'a4', retry_of: 'batches/a3'},
  ]);
  for (const folder of [one, several])
    expect(rowsOf(await list(folder, ...columns))).toEqual([
      expect.stringMatching(/^ *4 +3 +1 +3 ok, 1 bad$/u),
    ]);
});

test.each([
  [['--state', 'failed'], ['e.jsonl']],
  [
    ['--state', 'running'],
    ['b.jsonl', 'c.jsonl', 'd.jsonl'],
  ],
  [
    ['--state', 'replaced'],
    ['retries/a.a1.jsonl', 'b.jsonl', 'd.jsonl'],
  ],
  [['--model', 'n'], ['b.jsonl']],
  [
    ['-m', 'models/*', '--state', 'done'],
    ['a.jsonl', 'c.jsonl'],
  ],
  [['--since', '2026-11-02'], ['b.jsonl']],
  [['--until', '100d'], []],
  [
    ['--limit', '2'],
    ['b.jsonl', 'e.jsonl'],
  ],
  [
    ['retries/d.d1.jsonl', 'e.jsonl'],
    ['d.jsonl', 'e.jsonl'],
  ],
  [['batches/c2'], ['c.jsonl']],
])('list %j shows %j', async (args, files) => {
  const folder = await folderOf(SEVERAL);
  const shown = rowsOf(await list(folder, ...args, '--columns', 'file'));
  expect(shown.filter((line) => !line.startsWith('…'))).toEqual(files);
});

test('JSON has the members that were asked for, each in every job', async () => {
  const folder = await folderOf(SEVERAL.slice(-1));
  const ended = await list(folder, '--json', '--fields', 'file,outcome,cost_usd,results');
  expect(ended.json()).toMatchObject({
    jobs: [{file: 'e.jsonl', outcome: 'failed', cost_usd: 0, results: null}],
    summary: {failed: 1},
  });
  expect((ended.json() as {jobs: readonly object[]}).jobs.map(Object.keys)).toEqual([
    ['file', 'outcome', 'cost_usd', 'results'],
  ]);
  const schema = JSON.parse(await readFile(join(ROOT, 'docs/schemas/list.json'), 'utf8')) as {
    $defs: {job: {properties: object}};
  };
  expect(new Set(JOB_FIELDS)).toEqual(new Set(Object.keys(schema.$defs.job.properties)));
});

test.each([
  [['--json', '--fields', 'outcom'], 'Did you mean: outcome'],
  [['--fields', 'file'], '--fields needs --json too.'],
  [['--columns', 'cots'], 'Did you mean: cost'],
  [['--model', 'x'], 'These are recorded: m.'],
  [['--since', 'yesterday'], 'Write how long ago, like 2h'],
  [['--limit', '0'], '--limit'],
])('list %j is refused with a hint', async (args, hint) => {
  const {code, stdout, stderr} = await list(await folderOf(SEVERAL.slice(0, 1)), ...args);
  expect([code, stdout + stderr]).toEqual([EXIT.usage, expect.stringContaining(hint)]);
});

test('a screen of 24 lines shows the three of 500 that failed, in colour and in words', async () => {
  const jobs = Array.from({length: 500}, (_, i): Job => {
    const number = String(i).padStart(4, '0');
    const isBad = i % 200 === 99;
    return {
      file: `reviews/customer-feedback-2026-11-from-all-shops-and-countries-${number}.jsonl`,
      name: `x${number}`,
      ...(isBad ? {state: 'FAILED'} : {rows: [10, 0] as const}),
    };
  });
  const {stdout} = await runCli(['list'], {cwd: await folderOf(jobs), isOnTerminal: true});
  expect(stdout).toContain('\u001B[31mfailed\u001B[39m');
  const lines = stripVTControlCharacters(stdout).trimEnd().split(/\r?\n/u);
  expect(lines.length).toBeLessThan(24);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => line.includes('failed '))).toEqual([
    expect.stringMatching(/^…0099\.jsonl .*Bad request\.$/u),
    expect.stringMatching(/^…0299\.jsonl /u),
    expect.stringMatching(/^…0499\.jsonl /u),
  ]);
  expect(lines).toContain('… and 483 more: 483 done (all: --limit 500)');
  expect(lines).toContain('500 files: 497 done, 3 failed');
});

test('--watch tells what changes until nothing runs any more', async () => {
  const folder = await folderOf([{file: 'a.jsonl', name: 'a1', state: 'RUNNING'}]);
  const watch = startCli(['list', '--watch'], {cwd: folder});
  await watch.seen('1 file: 1 running');
  const path = join(folder, 'job-info.jsonl');
  const line = await readFile(path, 'utf8');
  await writeFile(path, line.replace('RUNNING', 'FAILED'));
  const {code, stdout, stderr} = await watch.ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('Next: gembatch poll\n')[1]).toBe(
    'a.jsonl: failed\n1 file: 1 failed\nNext: gembatch retry --dry-run\n',
  );
});

test('Ctrl-C ends --watch, and the list stands where it was', async () => {
  const folder = await folderOf([{file: 'a.jsonl', name: 'a1', state: 'RUNNING'}]);
  const watch = startCli(['list', '--watch'], {cwd: folder, isOnTerminal: true});
  await watch.seen('1 file: 1 running');
  const piped = startCli(['list', '--watch'], {cwd: folder});
  await piped.seen('1 file: 1 running');
  piped.process.kill('SIGINT');
  expect(await piped.ended).toMatchObject({code: EXIT.interrupted, stderr: ''});
  await writeFile(join(folder, 'job-info.jsonl'), '');
  const {code, stdout} = await watch.ended;
  expect([code, stripVTControlCharacters(stdout)]).toEqual([
    EXIT.storage,
    expect.stringContaining('No batch jobs in'),
  ]);
  expect(stdout).toContain('\u001B[?25h');
});

test('a file that was submitted again with other content is told by its newest job, and has no parts', async () => {
  const first = {file: 'a.jsonl', name: 'one', rows: [10, 0]} as const;
  const open = await folderOf([first, {file: 'a.jsonl', name: 'two', state: 'RUNNING'}]);
  const running = await runCli(['list'], {cwd: open});
  expect(running.stdout).toMatch(/^a\.jsonl +10 +running/mu);
  expect(running.stdout).not.toContain('parts');
  const both = await folderOf([first, {file: 'a.jsonl', name: 'two', rows: [9, 1]}]);
  expect((await runCli(['list'], {cwd: both})).stdout).toMatch(/ 9 ok, 1 bad$/mu);
});
