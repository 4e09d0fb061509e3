import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parquetMetadata, parquetReadObjects, parquetSchema} from 'hyparquet';
import {EXIT} from '../../src/lib/domain/errors.js';
import {answeredJobs} from '../helpers/answered-job.js';
import {answerRow, requestLine} from '../helpers/result-rows.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

const SCHEMA = {
  type: 'object',
  properties: {
    label: {type: 'string'},
    score: {type: 'number'},
    count: {type: 'integer'},
    good: {type: 'boolean'},
    tags: {type: 'array'},
  },
};

function askFor(key: string): string {
  const generationConfig = {responseMimeType: 'application/json', responseJsonSchema: SCHEMA};
  return JSON.stringify({key, request: {contents: [{parts: [{text: 'x'}]}], generationConfig}});
}

/** Answers of this text, by their keys `0`, `1`, … */
async function answers(...texts: readonly string[]): Promise<string> {
  const keys = texts.map((_, i) => String(i));
  return answeredJobs([
    {requests: keys.map(askFor), rows: texts.map((text, i) => answerRow({key: String(i), text}))},
  ]);
}

interface Parquet extends CliResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly types: Readonly<Record<string, string | undefined>>;
}

async function parquet(folder: string, ...args: string[]): Promise<Parquet> {
  const ended = await runCli(['results', '--join', 'a.parquet', ...args], {cwd: folder});
  const bytes = await readFile(join(folder, 'a.parquet'));
  const file = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(file);
  const columns = parquetSchema(metadata).children.map(({element}) => element);
  const types = Object.fromEntries(columns.map(({name, type, converted_type: as}) => [name, as ?? type]));
  return {...ended, types, rows: await parquetReadObjects({file, metadata})};
}

test('a Parquet table has types by the schema, and its values', async () => {
  const folder = await answers(
    '{"label":"=good, \\"very\\"","score":1.50,"count":9007199254740993,"good":true,"tags":["x"]}',
    '{"label":"静か","score":-2,"count":-1,"good":false}',
    '{"label":null}',
    'no JSON',
  );
  const {code, stdout, rows, types} = await parquet(folder);
  expect({code, stdout}).toEqual({
    code: EXIT.partial,
    stdout: '4 rows → a.parquet: 2 ok, 2 need attention\n',
  });
  expect(types).toEqual({
    ...Object.fromEntries(['file', 'key', 'label', 'tags', 'outcome', 'error'].map((name) => [name, 'UTF8'])),
    ...Object.fromEntries(['finish_reason', 'model'].map((name) => [name, 'UTF8'])),
    score: 'DOUBLE',
    count: 'INT64',
    good: 'BOOLEAN',
    ...Object.fromEntries(
      ['prompt', 'candidates', 'thoughts', 'total'].map((name) => [`${name}_tokens`, 'INT64']),
    ),
  });
  expect(
    rows.map(({key, label, score, count, good, tags}) => [key, label, score, count, good, tags]),
  ).toEqual([
    ['0', '=good, "very"', 1.5, 9007199254740993n, true, '["x"]'],
    ['1', '静か', -2, -1n, false, null],
    ['2', null, null, null, null, null],
    ['3', null, null, null, null, null],
  ]);
  expect(rows[0]).toMatchObject({prompt_tokens: 8n, total_tokens: 40n, outcome: 'ok', error: null});
});

test('a column with a number that would lose digits is text, and that is said', async () => {
  const folder = await answers(
    '{"label":"a","score":0.1,"count":12345678901234567890,"good":true}',
    '{"label":"b","score":0.1000000000000000055,"count":2,"good":true}',
    '{"label":"c","score":1e2,"count":3.0,"good":true}',
  );
  const {code, stderr, rows, types} = await parquet(folder, '--columns', 'score,count,good,total_tokens');
  expect(code).toBe(EXIT.ok);
  expect(types).toEqual({score: 'UTF8', count: 'UTF8', good: 'BOOLEAN', total_tokens: 'INT64'});
  expect(rows.map(({score, count, good}) => [score, count, good])).toEqual([
    ['0.1', '12345678901234567890', true],
    ['0.1000000000000000055', '2', true],
    ['1e2', '3.0', true],
  ]);
  expect(stderr).toContain('Written as text, because numbers in it would lose digits: score, count.');
  expect(stderr).not.toContain('Not in');
});

test('a value of another kind than its column is left out and counted', async () => {
  const folder = await answers('{"score":"high","good":1}', '{"score":1e2,"count":3.0,"good":true}');
  const {stderr, rows} = await parquet(folder, '--columns', 'score,count,good,outcome');
  expect(rows).toEqual([
    {score: null, count: null, good: null, outcome: 'schema_mismatch'},
    {score: 100, count: 3n, good: true, outcome: 'ok'},
  ]);
  expect(stderr).toContain('Not in a.parquet: values of another type than their column of 1 answer');
});

test('an API key that an answer repeats is not in the table, and a table needs a file', async () => {
  const secret = 'AIzaSyNotARealKeyButAsLongAsOne00000000';
  const folder = await answeredJobs([
    {requests: [requestLine('a')], rows: [answerRow({key: 'a', text: `it is ${secret}`})]},
  ]);
  const env = {GEMINI_API_KEY: secret};
  await runCli(['results', '--join', 'a.parquet'], {cwd: folder, env});
  const file = new Uint8Array(await readFile(join(folder, 'a.parquet'))).buffer;
  expect(await parquetReadObjects({file})).toMatchObject([{answer: 'it is [API key]'}]);
  await writeFile(join(folder, 'b.parquet'), 'mine');
  const taken = await runCli(['results', '--join', 'b.parquet'], {cwd: folder});
  expect(taken.code).toBe(EXIT.storage);
  expect(await readFile(join(folder, 'b.parquet'), 'utf8')).toBe('mine');
  const piped = await runCli(['results', '--join', '-', '--format', 'parquet'], {cwd: folder});
  expect(piped).toMatchObject({code: EXIT.usage, stdout: ''});
  expect(piped.stderr).toContain('Name a file: --join answers.parquet');
});
