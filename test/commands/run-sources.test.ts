import {appendFile, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {RunOutcome} from '../../src/commands/run.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

const TABLE = 'id,review\nr1,good\nr2,bad\n';
const ASK = ['--key', 'id', '--prompt', 'Rate: {{ review }}'];

interface Place extends UsedEmulator {
  readonly folder: string;
  /** Runs `gembatch run … --json`. */
  readonly run: (...args: readonly string[]) => Promise<CliResult & {readonly result: RunOutcome}>;
  /** How many requests were paid for. */
  readonly paidRequests: () => number;
}

/** A folder with `reviews.csv`, and an emulator. */
async function place(table = TABLE): Promise<Place> {
  const folder = await tempDir();
  const used = await useEmulator({speed: 20, seed: 1});
  await writeFile(join(folder, 'reviews.csv'), table);
  const run: Place['run'] = async (...args) => {
    const ended = await runCli(['run', ...args, '--model', MODEL, '--interval', '4s', '--json'], {
      cwd: folder,
      env: {...used.env, GEMBATCH_TEST_SPEED: '20'},
      nodeArgs: FAST_CLOCK,
    });
    const result = ended.json() as RunOutcome;
    expect('error' in result ? [] : schemaErrors('run', result)).toEqual([]);
    return {...ended, result};
  };
  const paidRequests = (): number =>
    used.emulator.control.paid().reduce((sum, job) => sum + job.request_count, 0);
  return {...used, folder, run, paidRequests};
}

async function keysIn(folder: string, name: string): Promise<string[]> {
  const text = await readFile(join(folder, name), 'utf8');
  return parseLines(text).map((line) => (line as {key: string}).key);
}

test('a table is prepared beside itself, run to its answers, and nothing is made or paid when it is run again', async () => {
  const {folder, run, paidRequests} = await place();
  const first = await run('reviews.csv', ...ASK);
  expect(first.code).toBe(EXIT.ok);
  expect(first.result.sources).toMatchObject([{sources: ['reviews.csv'], outcome: 'prepared'}]);
  expect(await keysIn(folder, 'reviews/results/reviews-00001.jsonl')).toEqual(['r1', 'r2']);

  for (const words of [ASK, []]) {
    const again = await run('reviews.csv', ...words);
    expect([again.code, again.result.submit.summary.submitted]).toEqual([EXIT.ok, 0]);
    expect(again.result.sources).toMatchObject([{report: {new_requests: 0, unchanged: 2}}]);
  }
  expect(paidRequests()).toBe(2);
});

test('two runs of one table at once make its request files once, and pay once', async () => {
  const {folder, run, paidRequests} = await place();
  const ended = await Promise.all([run('reviews.csv', ...ASK), run('reviews.csv', ...ASK)]);
  expect(ended.map(({code}) => code)).toEqual([EXIT.ok, EXIT.ok]);
  expect(paidRequests()).toBe(2);
  expect(await keysIn(folder, 'reviews/reviews-00001.jsonl')).toEqual(['r1', 'r2']);
});

test('a preparation that a crash ended before its manifest is finished by the next run', async () => {
  const {folder, run, paidRequests} = await place();
  await run('reviews.csv', ...ASK);
  await rm(join(folder, 'reviews/prepare-manifest.json'));
  expect((await run('reviews.csv', ...ASK)).code).toBe(EXIT.ok);
  expect(paidRequests()).toBe(2);

  // Nobody can tell whether such a file was sent, so it stays as it is.
  await rm(join(folder, 'reviews/prepare-manifest.json'));
  const other = await run('reviews.csv', '--prompt', 'Other: {{ review }}');
  expect(other.code).toBe(EXIT.storage);
  expect(await keysIn(folder, 'reviews/reviews-00001.jsonl')).toEqual(['r1', 'r2']);
  expect(paidRequests()).toBe(2);
});

test('rows that were added go into a new file, and only that is paid for', async () => {
  const {folder, run, paidRequests} = await place();
  await run('reviews.csv', ...ASK);
  await appendFile(join(folder, 'reviews.csv'), 'r3,soso\n');
  const {code, result} = await run('reviews.csv');
  expect([code, result.submit.summary.submitted]).toEqual([EXIT.ok, 1]);
  expect(await keysIn(folder, 'reviews/results/reviews-00002.jsonl')).toEqual(['r3']);
  expect(paidRequests()).toBe(3);
});

test('another prompt is changed work: said and not sent, left knowingly, or sent into a folder of its own', async () => {
  const {folder, run, paidRequests} = await place();
  await run('reviews.csv', ...ASK);
  const other = ['--key', 'id', '--prompt', 'Translate: {{ review }}'];
  const failed = await run('reviews.csv', ...other);
  expect(failed.code).toBe(EXIT.failed);
  expect(failed.json()).toMatchObject({
    error: {code: 'RECIPE_CHANGED', message: expect.stringContaining('were made with another prompt')},
  });
  const skipped = await run('reviews.csv', ...other, '--if-changed', 'skip');
  expect([skipped.code, skipped.result.submit.summary.submitted, paidRequests()]).toEqual([EXIT.ok, 0, 2]);

  const sent = await run('reviews.csv', ...other, '--if-changed', 'submit');
  expect([sent.code, paidRequests()]).toEqual([EXIT.ok, 4]);
  expect(await keysIn(folder, 'reviews-2/reviews-00001.jsonl')).toEqual(['r1', 'r2']);
  for (const words of [ASK, other, []]) {
    expect((await run('reviews.csv', ...words)).code).toBe(EXIT.ok);
  }
  expect(paidRequests()).toBe(4);
});

test('a row that has changed is said and not sent, left knowingly, or asked again', async () => {
  const {folder, run, paidRequests} = await place();
  await run('reviews.csv', ...ASK);
  await writeFile(join(folder, 'reviews.csv'), TABLE.replace('good', 'great'));
  const failed = await run('reviews.csv');
  expect(failed.code).toBe(EXIT.partial);
  expect(failed.result.sources).toMatchObject([{report: {changed: {count: 1, keys: ['r1']}}}]);
  expect((await run('reviews.csv', '--if-changed', 'skip')).code).toBe(EXIT.ok);
  expect(paidRequests()).toBe(2);
  const sent = await run('reviews.csv', '--if-changed', 'submit');
  expect([sent.code, paidRequests()]).toEqual([EXIT.ok, 3]);
  expect((await run('reviews.csv')).code).toBe(EXIT.ok);
  expect(paidRequests()).toBe(3);
});

test('a source that cannot be prepared stops neither another one nor request files', async () => {
  const {folder, run} = await place(`${TABLE}r2,twice\n`);
  await writeFile(join(folder, 'good.csv'), TABLE);
  await writeFile(join(folder, 'made.jsonl'), requestLines(2));
  const {code, result} = await run('reviews.csv', 'made.jsonl', 'good.csv', ...ASK);
  expect(code).toBe(EXIT.partial);
  expect(result.sources).toMatchObject([
    {outcome: 'failed', error: {code: 'FILE_INVALID', message: expect.stringContaining('reviews.csv:4')}},
    {outcome: 'prepared'},
  ]);
  expect(result.submit.files.map(({file, outcome}) => [file, outcome])).toEqual([
    ['made.jsonl', 'submitted'],
    ['good/good-00001.jsonl', 'submitted'],
  ]);
});

test('a folder of texts, a JSON list and OpenAI lines are sources too', async () => {
  const {folder, run, paidRequests} = await place();
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'notes/a.txt'), 'one');
  await writeFile(join(folder, 'list.json'), '[{"text":"x"}]');
  const ended = await run('notes', 'list.json', '--prompt', 'Sum up: {{ text }}');
  expect([ended.code, paidRequests()]).toEqual([EXIT.ok, 2]);
  const body = {model: 'gpt-4o', messages: [{role: 'user', content: 'Hi'}]};
  await writeFile(join(folder, 'open.jsonl'), `${JSON.stringify({custom_id: 'a', body})}\n`);
  expect((await run('open.jsonl')).code).toBe(EXIT.ok);
  expect(await keysIn(folder, 'open/results/open-00001.jsonl')).toEqual(['a']);
});

test.each([
  ['a table without a prompt', ['reviews.csv'], 'There is no prompt for the rows of reviews.csv'],
  [
    'a prompt for a request file',
    ['made.jsonl', '-p', 'x'],
    'holds requests, which have their prompts already',
  ],
  ['a missing table', ['gone.csv', '-p', 'x'], 'gone.csv: there is no such file'],
])('%s is an error before an API key is needed', async (_what, args, message) => {
  const folder = await tempDir();
  await writeFile(join(folder, 'reviews.csv'), TABLE);
  await writeFile(join(folder, 'made.jsonl'), requestLines(1));
  const {code, stderr} = await runCli(['run', ...args], {cwd: folder});
  expect(stderr).toContain(message);
  expect(code).toBe(EXIT.usage);
  expect((await readdir(folder)).sort()).toEqual(['made.jsonl', 'reviews.csv']);
});

test('what was made of a table is told in a pipe', async () => {
  const {folder, env} = await place();
  const {stdout, stderr} = await runCli(
    ['run', 'reviews.csv', ...ASK, '--model', MODEL, '--interval', '4s'],
    {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '20'}, nodeArgs: FAST_CLOCK},
  );
  expect(stdout).toContain(`2 rows → 2 new requests in 1 file`);
  expect(stderr).not.toContain('Error');
});
