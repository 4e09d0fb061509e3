// From what people have to answers beside it, on the emulator, and read again by other programs than gembatch.
import {execFile} from 'node:child_process';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {deflateSync} from 'node:zlib';
import {expect, test} from '@jest/globals';
import {parse} from 'csv-parse/sync';
import {parquetReadObjects} from 'hyparquet';
import {parquetWriteBuffer} from 'hyparquet-writer';
import {EXIT} from '../../src/lib/domain/errors.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

type Row = Readonly<Record<string, string>>;

/** Runs a source to its end and joins the answers. */
async function journey(
  folder: string,
  {
    source,
    ask,
    answers,
  }: {readonly source: string; readonly ask: readonly string[]; readonly answers: string},
): Promise<void> {
  const {emulator, env} = await useEmulator({speed: 60, seed: 1});
  const options = {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '60'}, nodeArgs: FAST_CLOCK};
  const ran = await runCli(['run', source, ...ask, '--model', MODEL, '--interval', '20s', '--json'], options);
  expect({code: ran.code, stderr: ran.stderr}).toEqual({code: EXIT.ok, stderr: ''});
  const joined = await runCli(['results', '--join', answers, '--json'], options);
  expect(joined.code).toBe(EXIT.ok);
  expect(emulator.control.paid()).toHaveLength(1);
}

async function tableIn(folder: string, name: string): Promise<readonly Row[]> {
  const delimiter = name.endsWith('.tsv') ? '\t' : ',';
  return parse(await readFile(join(folder, name)), {columns: true, bom: true, delimiter});
}

/** What a Python that has DuckDB says to a query; undefined where there is none. `GEMBATCH_TEST_PYTHON` names another Python. */
async function duckDb(folder: string, query: string): Promise<unknown> {
  const script = `import duckdb, json; print(json.dumps([[str(x) if isinstance(x, int) and x > 2**53 else x for x in row] for row in duckdb.sql(${JSON.stringify(query)}).fetchall()]))`;
  const python = process.env['GEMBATCH_TEST_PYTHON'] ?? 'python3';
  try {
    const {stdout} = await promisify(execFile)(python, ['-c', script], {cwd: folder});
    return JSON.parse(stdout);
  } catch (error) {
    // Of another realm than this test, so that it is no instance of its Error.
    if (/No module named|ENOENT/u.test(String(error))) return undefined;
    throw error;
  }
}

test('a table of 2,000 rows comes back as 2,000 answers in its order, which DuckDB reads alike', async () => {
  const folder = await tempDir();
  const review = (i: number): string => `No. ${i}: "fine",\nsaid ${i % 7 === 0 ? 'Zoë; 静か' : '=A1'}`;
  const rows = Array.from({length: 2000}, (_, i) => `k${i},"${review(i).replaceAll('"', '""')}"\n`);
  await writeFile(join(folder, 'reviews.csv'), `id,review\n${rows.join('')}`);
  await journey(folder, {
    source: 'reviews.csv',
    ask: ['--key', 'id', '--prompt', '{{ review }}'],
    answers: 'answers.csv',
  });

  const answers = await tableIn(folder, 'answers.csv');
  expect(answers.map(({id}) => id)).toEqual(rows.map((_, i) => `k${i}`));
  expect(answers.map(({review: text}) => text)).toEqual(rows.map((_, i) => review(i)));
  expect(
    answers.every(({answer = '', outcome}, i) => outcome === 'ok' && answer.includes(`No. ${i}: `)),
  ).toBe(true);
  const query =
    "select count(*), count(distinct id), sum(length(answer)), sum(length(review)) from read_csv('answers.csv', all_varchar = true)";
  const counted = await duckDb(folder, query);
  if (counted === undefined)
    return process.stderr.write('DuckDB is not there: the answers were read by csv-parse alone.\n');
  const length = answers.reduce((sum, {answer = ''}) => sum + answer.length, 0);
  const ofReviews = rows.reduce((sum, _, i) => sum + review(i).length, 0);
  return expect(counted).toEqual([[2000, 2000, length, ofReviews]]);
});

test('a folder of 50 images comes back as 50 answers', async () => {
  const folder = await tempDir();
  await mkdir(join(folder, 'images'));
  const images = Array.from({length: 50}, (_, i) => writeFile(join(folder, `images/${i}.png`), png(i)));
  await Promise.all(images);
  await journey(folder, {
    source: 'images',
    ask: ['--prompt', '{{ name }}: what is it?'],
    answers: 'answers.tsv',
  });
  const answers = await tableIn(folder, 'answers.tsv');
  expect(answers.map(({outcome}) => outcome)).toEqual(images.map(() => 'ok'));
  expect(answers.map(({answer}) => /\d+\.png/u.exec(answer ?? '')?.[0])).toEqual(
    images.map((_, i) => `${i}.png`),
  );
});

test("a file in OpenAI's batch format comes back under its own ids", async () => {
  const folder = await tempDir();
  const ids = Array.from({length: 30}, (_, i) => `task-${i}`);
  const lines = ids.map((custom_id) => ({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: {model: 'gpt-4o', messages: [{role: 'user', content: `Do ${custom_id}`}], max_tokens: 100},
  }));
  await writeFile(join(folder, 'openai.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await journey(folder, {source: 'openai.jsonl', ask: [], answers: 'answers.jsonl'});
  const text = await readFile(join(folder, 'answers.jsonl'), 'utf8');
  const rows = parseLines(text).map((line) => line as {key: string; text: string});
  expect(rows.map(({key}) => key)).toEqual(ids);
  expect(rows.every((row) => row.text.includes(row.key))).toBe(true);
});

test('a Parquet table comes back with whole keys above 2^53', async () => {
  const folder = await tempDir();
  const ids = Array.from({length: 300}, (_, i) => 9007199254740993n + BigInt(i));
  const content = parquetWriteBuffer({
    columnData: [
      {name: 'id', data: ids, type: 'INT64'},
      {name: 'text', data: ids.map((id) => `about ${id}`), type: 'STRING'},
    ],
  });
  await writeFile(join(folder, 'texts.parquet'), new Uint8Array(content));
  await journey(folder, {
    source: 'texts.parquet',
    ask: ['--key', 'id', '--prompt', '{{ text }}'],
    answers: 'answers.parquet',
  });
  const file = new Uint8Array(await readFile(join(folder, 'answers.parquet'))).buffer;
  const rows = await parquetReadObjects({file});
  expect(rows.map(({id}) => id)).toEqual(ids);
  expect(rows.every(({key, text, answer}) => text === `about ${key}` && String(answer).includes(text))).toBe(
    true,
  );
  const counted = await duckDb(
    folder,
    "select count(*), count(distinct id), max(id), typeof(any_value(id)), sum(length(answer)) from 'answers.parquet'",
  );
  const length = rows.reduce((sum, {answer}) => sum + String(answer).length, 0);
  if (counted !== undefined) expect(counted).toEqual([[300, 300, '9007199254741292', 'BIGINT', length]]);
});

/** A PNG image of one pixel: https://www.w3.org/TR/png-3/#5DataRep. */
function png(grey: number): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, grey]))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** https://www.w3.org/TR/png-3/#D-CRCAppendix; Node has its own from 22.2 on. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
