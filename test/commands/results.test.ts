import {link, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {runCli, startCli} from '../helpers/run-cli.js';
import {submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

async function finishedJobs(files: number): Promise<UsedEmulator & {folder: string}> {
  const folder = await tempDir();
  const used = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, files);
  used.emulator.control.outcome({match: '001', rows: [{fault: 'error', keys: ['r2']}]});
  await submit({folder, env: used.env}, '0*.jsonl');
  used.emulator.control.advance(60_000);
  // The states are known, the results are not here yet.
  await runCli(['list', '--refresh'], {cwd: folder, env: used.env});
  return {...used, folder};
}

test('missing results are fetched, and where they are is said', async () => {
  const {folder, env} = await finishedJobs(2);
  const ended = await runCli(['results', '--json'], {cwd: folder, env});
  expect(schemaErrors('results', ended.json())).toEqual([]);
  expect(ended.code).toBe(EXIT.partial);
  expect(ended.json()).toMatchObject({
    jobs: [
      {file: expect.any(String), fetched: true},
      {file: expect.any(String), fetched: true},
    ],
  });
  // All are here now, so that neither a key nor the network is needed.
  const again = await runCli(['results'], {cwd: folder});
  expect(again.stdout).toContain('001.jsonl: results/001.jsonl (2 ok, 1 bad)');
  expect(again.stdout).toContain('002.jsonl: results/002.jsonl (3 ok)');
});

test('--join writes each request with its answer, in the order of the requests', async () => {
  const {folder, env} = await finishedJobs(1);
  const {stdout} = await runCli(['results', '001.jsonl', '--join', '-'], {cwd: folder, env});
  const rows = parseLines(stdout).map(
    (line) => line as {key: string; outcome: string; text: string | null; request: unknown},
  );
  expect(rows.flatMap((row) => schemaErrors('joined-row', row))).toEqual([]);
  expect(rows.map(({key, outcome}) => [key, outcome])).toEqual([
    ['r1', 'ok'],
    ['r2', 'error'],
    ['r3', 'ok'],
  ]);
  expect(rows[0]?.text).toContain('Write line 1 about');

  const csv = await runCli(['results', '--join', 'all.csv'], {cwd: folder});
  expect(csv.code).toBe(EXIT.partial);
  expect(csv.stdout).toBe('3 rows → all.csv: 2 ok, 1 needs attention\n');
  expect((await readFile(join(folder, 'all.csv'), 'utf8')).split('\r\n').slice(0, 2)).toEqual([
    'file,key,answer,outcome,error,finish_reason,prompt_tokens,candidates_tokens,thoughts_tokens,total_tokens,model',
    expect.stringMatching(/^001\.jsonl,r1,Emulated answer.*,ok,,STOP,/u),
  ]);
});

test('--join never writes over another file unasked', async () => {
  const {folder, env} = await finishedJobs(1);
  await writeFile(join(folder, 'mine.txt'), 'precious');
  const refused = await runCli(['results', '--join', 'mine.txt'], {cwd: folder, env});
  expect(refused.code).toBe(EXIT.storage);
  expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('precious');
  await runCli(['results', '--join', 'mine.txt', '--overwrite'], {cwd: folder, env});
  expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toContain('"key":"r1"');
});

// Five processes.
test('--join --overwrite replaces no file that records rest on', async () => {
  const {folder, env} = await finishedJobs(1);
  await runCli(['results'], {cwd: folder, env});
  await link(join(folder, '001.jsonl'), join(folder, 'linked.csv'));
  for (const name of ['001.jsonl', 'results/001.jsonl', 'job-info.jsonl', 'linked.csv']) {
    const before = await readFile(join(folder, name), 'utf8');
    const {code, stderr} = await runCli(['results', '--join', name, '--overwrite'], {cwd: folder});
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining('It is untouched')]);
    expect(await readFile(join(folder, name), 'utf8')).toBe(before);
  }
});

test.each([
  ['requests that were not submitted yet', '{"key":"a","request":{"contents":[]}}\n'],
  ['results whose record is lost', '{"key":"a","response":{"candidates":[]}}\n'],
  ['requests in another order', '{"request": {"contents":[]}, "key": "a"}\n'],
])('--join --overwrite does not replace %s', async (_, content) => {
  const {folder, env} = await finishedJobs(1);
  await writeFile(join(folder, 'other.jsonl'), content);
  const ended = await runCli(['results', '--join', 'other.jsonl', '--overwrite'], {cwd: folder, env});
  expect([ended.code, ended.stderr]).toEqual([EXIT.usage, expect.stringContaining('It is untouched')]);
  expect(await readFile(join(folder, 'other.jsonl'), 'utf8')).toBe(content);
});

test('--join --overwrite replaces what --join wrote', async () => {
  const {folder, env} = await finishedJobs(1);
  for (const flag of [[], ['--overwrite'], ['--overwrite']]) {
    const {code} = await runCli(['results', '--join', 'answers.jsonl', ...flag], {cwd: folder, env});
    expect(code).toBe(EXIT.partial);
  }
});

test('--failed lists the rows that did not work', async () => {
  const {folder, env} = await finishedJobs(2);
  const {stdout} = await runCli(['results', '--failed'], {cwd: folder, env});
  expect(stdout).toMatch(/^001\.jsonl:2: r2: error: /u);
  const json = await runCli(['results', '--failed', '--json'], {cwd: folder});
  expect(schemaErrors('failed-row', json.json())).toEqual([]);
  expect(json.json()).toMatchObject({file: '001.jsonl', key: 'r2', outcome: 'error', line: 2});
});

test('what is not here yet is said, beside rows too, with an exit code of its own', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const ended = await runCli(['results'], {cwd: folder});
  expect([ended.code, ended.stdout]).toEqual([EXIT.running, '001.jsonl: running when last seen\n']);
  for (const [args, where, more] of [
    [['--failed'], 'this list', ''],
    [['--join', 'all.csv'], 'all.csv', 'Note: all.csv was not written: there are no results to join.\n'],
  ] as const) {
    const {code, stderr} = await runCli(['results', ...args], {cwd: folder});
    const note = `Note: 1 request file has no rows in ${where}: 1 running when last seen.`;
    expect([code, stderr]).toEqual([EXIT.running, `${note}\n${more}Next: gembatch poll\n`]);
  }
  expect(await readdir(folder)).not.toContain('all.csv');
});

test('a result file that was moved away is fetched again while the service has it', async () => {
  const {folder, env, emulator} = await finishedJobs(2);
  await runCli(['results', '001.jsonl', '--keep-remote'], {cwd: folder, env});
  const before = await readFile(join(folder, 'results/001.jsonl'), 'utf8');
  await rm(join(folder, 'results/001.jsonl'));
  const again = await runCli(['results', '001.jsonl', '--json', '--keep-remote'], {cwd: folder, env});
  expect(again.json()).toMatchObject({jobs: [{fetched: true, results: {file: 'results/001.jsonl'}}]});
  expect(await readFile(join(folder, 'results/001.jsonl'), 'utf8')).toBe(before);
  expect(emulator.control.paid()).toHaveLength(2);

  await rm(join(folder, 'results/001.jsonl'));
  const elsewhere = await runCli(['results', '001.jsonl', '--results-dir', 'new', '--json'], {
    cwd: folder,
    env,
  });
  expect(elsewhere.json()).toMatchObject({jobs: [{fetched: true, results: {file: 'new/001.jsonl'}}]});
  await rm(join(folder, 'new/001.jsonl'));
  const lost = await runCli(['results', '001.jsonl'], {cwd: folder});
  expect(lost).toMatchObject({code: EXIT.failed, stdout: '001.jsonl: not available\n'});
  expect(lost.stderr).toContain("new/001.jsonl is gone, and the service's copy was deleted");
});

test('a result file that is fetched again gets the answers of its retry again', async () => {
  const {folder, env, emulator} = await finishedJobs(1);
  const poll = ['poll', '--once', '--keep-remote'];
  await runCli(poll, {cwd: folder, env});
  emulator.control.outcome({rows: []});
  await runCli(['retry'], {cwd: folder, env});
  emulator.control.advance(60_000);
  expect((await runCli(poll, {cwd: folder, env})).code).toBe(0);
  await rm(join(folder, 'results/001.jsonl'));
  const again = await runCli(['results', '--json'], {cwd: folder, env});
  expect(again.json()).toMatchObject({
    jobs: [{file: '001.jsonl', fetched: true, results: {rows: {ok: 3, error: 0}}}],
    exit_code: 0,
  });
});

test('answers are not joined to a request file that has changed; the others are', async () => {
  const {folder, env} = await finishedJobs(3);
  await runCli(['results'], {cwd: folder, env});
  await writeFile(join(folder, '002.jsonl'), requestLines(3, 'something else'));
  await rm(join(folder, '003.jsonl'));
  const ended = await runCli(['results', '--join=-', '--json'], {cwd: folder});
  expect(ended.code).toBe(EXIT.partial);
  expect(ended.stdout.match(/"file":"\d+.jsonl"/gu)).toEqual(Array(3).fill('"file":"001.jsonl"'));
  expect(ended.stderr).toContain('002.jsonl has changed since it was submitted');
  expect(ended.stderr).toContain('003.jsonl');
});

test('without a key for what is missing it says so and writes nothing', async () => {
  const {folder} = await finishedJobs(1);
  const ended = await runCli(['results', '--join', 'all.jsonl'], {cwd: folder});
  expect(ended.code).toBe(EXIT.credentials);
  await expect(readFile(join(folder, 'all.jsonl'))).rejects.toThrow('ENOENT');
});

test('rows on stdout end quietly when their reader has enough', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await writeFile(join(folder, '001.jsonl'), requestLines(5_000));
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  const polled = await runCli(['poll', '--once'], {cwd: folder, env});
  expect([polled.code, polled.stdout, polled.stderr]).toEqual([0, expect.anything(), expect.anything()]);

  const reader = startCli(['results', '--join', '-'], {cwd: folder, env});
  await reader.seen('"r1"');
  reader.process.stdout?.destroy();
  expect(await reader.ended).toMatchObject({code: 0, stderr: ''});
});
