import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {RunOutcome} from '../../src/commands/run.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

const MODEL = 'gemini-embedding-001';

function embeddingLines(...texts: readonly string[]): string {
  return texts
    .map((text, i) => ({key: `e${i + 1}`, request: {content: {parts: [{text}]}, outputDimensionality: 8}}))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

async function place(content: string): Promise<UsedEmulator & {readonly folder: string}> {
  const folder = await tempDir();
  await writeFile(join(folder, 'texts.jsonl'), content);
  return {folder, ...(await useEmulator({speed: 20, seed: 1}))};
}

function gembatch(
  {folder, env}: {folder: string; env: object},
  ...args: readonly string[]
): Promise<CliResult> {
  return runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '20'}, nodeArgs: FAST_CLOCK});
}

test('requests for embeddings run to one vector each, and are not paid for twice', async () => {
  const used = await place(embeddingLines('sea', 'sky', 'sea'));
  const run = ['run', 'texts.jsonl', '--model', MODEL, '--interval', '4s', '--json'];
  const first = await gembatch(used, ...run);
  expect(first.stderr).toBe('');
  expect(first.code).toBe(EXIT.ok);
  expect((first.json() as RunOutcome).poll).toMatchObject({done: 1, rows: {ok: 3}});
  expect((await gembatch(used, ...run)).code).toBe(EXIT.ok);
  expect(used.emulator.control.paid()).toMatchObject([{model: `models/${MODEL}`, request_count: 3}]);
  expect(await records(used.folder)).toHaveLength(1);

  const joined = await gembatch(used, 'results', '--join', '-');
  const vectors = parseLines(joined.stdout).map((line) => (line as {data: readonly number[]}).data);
  expect(vectors.map(({length}) => length)).toEqual([8, 8, 8]);
  expect(vectors[0]).toEqual(vectors[2]);
  expect(vectors[0]).not.toEqual(vectors[1]);
  expect(await readFile(join(used.folder, 'results/texts.jsonl'), 'utf8')).toContain('"embedding"');
});

test('a table runs to one vector for each row', async () => {
  const used = await place('');
  await writeFile(join(used.folder, 'reviews.csv'), 'id,review\nr1,good\nr2,bad\n');
  await writeFile(join(used.folder, 'config.json'), '{"outputDimensionality":8,"taskType":"CLUSTERING"}');
  const ask = ['reviews.csv', '--key', 'id', '--prompt', '{{ review }}', '--model', MODEL];
  expect((await gembatch(used, 'prepare', ...ask, '--config', 'config.json')).code).toBe(EXIT.ok);
  const request = {content: {parts: [{text: 'good'}]}, outputDimensionality: 8, taskType: 'CLUSTERING'};
  const [first = ''] = (await readFile(join(used.folder, 'reviews/reviews-00001.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(first)).toEqual({key: 'r1', request});

  const {code} = await gembatch(used, 'run', 'reviews.csv', '--model', MODEL, '--interval', '4s');
  expect(code).toBe(EXIT.ok);
  expect(used.emulator.control.paid()).toMatchObject([{request_count: 2}]);
  const other = await gembatch(used, 'run', 'reviews.csv', '--model', 'gemini-2.5-flash-lite');
  expect(other.stderr + other.stdout).toContain(
    'ask for embeddings, which gemini-2.5-flash-lite does not give',
  );
});

test('a system instruction for embeddings is refused', async () => {
  const used = await place('');
  await writeFile(join(used.folder, 'a.csv'), 'id,review\nr1,good\n');
  const {code, stderr} = await gembatch(
    used,
    'prepare',
    'a.csv',
    '-p',
    '{{ review }}',
    '--system',
    's',
    '-m',
    MODEL,
  );
  expect(stderr).toContain('--system says how to answer, but gemini-embedding-001 makes embeddings');
  expect(code).toBe(EXIT.usage);
});

test('what they cost is known before and after, and nothing is paid for an answer', async () => {
  const used = await place(embeddingLines('The sea is wide.', 'The sky is blue.'));
  const estimate = await gembatch(used, 'estimate', 'texts.jsonl', '--model', MODEL, '--json');
  expect(estimate.json()).toMatchObject({total: {requests: 2, output_tokens: {low: 0, likely: 0, high: 0}}});
  await gembatch(used, 'run', 'texts.jsonl', '--model', MODEL, '--interval', '4s');
  const cost = await gembatch(used, 'cost', '--json');
  expect(cost.stdout).toContain(`"${MODEL}"`);
  expect(cost.json()).toMatchObject({
    total: {price_missing: [], usage: {prompt_tokens: 8, output_tokens: 0}},
  });
});

test.each([
  ['embeddings', embeddingLines('a'), 'gemini-2.5-flash-lite', 'which gemini-2.5-flash-lite does not make'],
  ['answers', requestLines(1), MODEL, 'but gemini-embedding-001 makes embeddings'],
])(
  'requests for %s with a model of the other kind are refused before the upload',
  async (_what, content, model, text) => {
    const used = await place(content);
    const {code, stderr, stdout} = await gembatch(used, 'submit', 'texts.jsonl', '--model', model);
    expect(stderr + stdout).toContain(text);
    expect(code).toBe(EXIT.usage);
    expect(used.emulator.control.counts()['upload.start']).toBeUndefined();
  },
);

test('a webhook, which jobs of embeddings do not call, is refused', async () => {
  const used = await place(embeddingLines('a'));
  const args = ['submit', 'texts.jsonl', '--model', MODEL, '--webhook', 'https://example.com/h'];
  const {code, stderr} = await gembatch(used, ...args);
  expect(stderr).toContain('call no webhook');
  expect(code).toBe(EXIT.usage);
});

test('the answer to a create that is lost is found, and the job is made once', async () => {
  const used = await place(embeddingLines('a', 'b'));
  used.emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
  const {code} = await gembatch(used, 'run', 'texts.jsonl', '--model', MODEL, '--interval', '4s');
  expect(code).toBe(EXIT.ok);
  expect(used.emulator.control.paid()).toHaveLength(1);
});
