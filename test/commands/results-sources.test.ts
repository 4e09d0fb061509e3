// The rows of a source beside the answers to the requests that were made of them.
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parse} from 'csv-parse/sync';
import {EXIT} from '../../src/lib/domain/errors.js';
import {answeredJobs} from '../helpers/answered-job.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {answerRow, requestLine} from '../helpers/result-rows.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

const TABLE = 'id,stars,review\nr1,-5,"Boils ""fast"", really"\nr2,007,"two\nlines"\nr3,1.50,静か\n';

/** A source that was prepared, its request files answered but for the keys in `unanswered`. */
async function answeredSource({
  name = 'reviews.csv',
  content = TABLE,
  ask = ['--key', 'id', '-p', '{{ review }}'],
  unanswered = [] as readonly string[],
} = {}): Promise<string> {
  const folder = await tempDir();
  await writeFile(join(folder, name), content);
  await prepareAgain(folder, [name, ...ask]);
  await answer(folder, ['reviews-00001.jsonl'], unanswered);
  return folder;
}

async function prepareAgain(folder: string, args: readonly string[]): Promise<void> {
  const {code, stderr} = await runCli(['prepare', ...args, '-o', 'reviews', '--quiet'], {cwd: folder});
  expect({code, stderr}).toEqual({code: EXIT.ok, stderr: ''});
}

async function answer(
  folder: string,
  names: readonly string[],
  unanswered: readonly string[] = [],
): Promise<void> {
  const files = names.map(async (name) => {
    const text = await readFile(join(folder, 'reviews', name), 'utf8');
    const requests = text.trimEnd().split('\n');
    const keys = requests.map((line) => (JSON.parse(line) as {key: string}).key);
    const rows = keys
      .filter((key) => !unanswered.includes(key))
      .map((key) => answerRow({key, text: `to ${key}`}));
    return {file: `reviews/${name}`, requests, rows};
  });
  await answeredJobs(await Promise.all(files), folder);
}

interface Table extends CliResult {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly titles: readonly string[];
}

async function joined(folder: string, ...args: string[]): Promise<Table> {
  const ended = await runCli(['results', '--join', 'answers.csv', '--overwrite', ...args], {cwd: folder});
  const text = await readFile(join(folder, 'answers.csv'), 'utf8').catch(() => '');
  const rows = parse(text, {columns: true}) as Table['rows'];
  return {...ended, rows, titles: Object.keys(rows[0] ?? {})};
}

async function joinedObject(folder: string, ...args: string[]): Promise<{joined: {sources: object[]}}> {
  const {stdout} = await joined(folder, ...args, '--json');
  const object = JSON.parse(stdout) as {joined: {sources: object[]}};
  expect(schemaErrors('results', object)).toEqual([]);
  return object;
}

test('the columns of the source come first, in its order, with their values as they are', async () => {
  const folder = await answeredSource({unanswered: ['r2']});
  const {titles, rows, stderr} = await joined(folder);
  expect(titles.slice(0, 7)).toEqual(['id', 'stars', 'review', 'file', 'key', 'answer', 'outcome']);
  expect(
    rows.map(({id, stars, review, key, answer: text, outcome}) => [id, stars, review, key, text, outcome]),
  ).toEqual([
    ['r1', '-5', 'Boils "fast", really', 'r1', 'to r1', 'ok'],
    ['r2', '007', 'two\nlines', 'r2', '', 'missing'],
    ['r3', '1.50', '静か', 'r3', 'to r3', 'ok'],
  ]);
  expect(stderr).not.toContain('Note');
  const chosen = await joined(folder, '--columns', 'answer,stars,key');
  expect(chosen.rows[0]).toEqual({answer: 'to r1', stars: '-5', key: 'r1'});
  const {stdout} = await runCli(['results', '--join', '-'], {cwd: folder});
  expect(JSON.parse(stdout.split('\n')[1] ?? '')).toMatchObject({
    key: 'r2',
    columns: {id: 'r2', stars: '007', review: 'two\nlines'},
    outcome: 'missing',
  });
});

test('rows of JSON keep their digits, and a column that has the name of ours keeps it', async () => {
  const folder = await answeredSource({
    name: 'reviews.jsonl',
    content:
      '{"review":"a","n":12345678901234567890,"x":1.50}\n{"review":"b","tags":["t",0.10],"answer":true}\n',
    ask: ['-p', '{{ review }}'],
  });
  const {titles, rows} = await joined(folder);
  expect(titles.slice(0, 8)).toEqual(['review', 'n', 'x', 'tags', 'answer', 'file', 'key', 'answer_2']);
  expect(
    rows.map(({n, x, tags, answer: own, answer_2: text, key}) => [n, x, tags, own, text === `to ${key}`]),
  ).toEqual([
    ['12345678901234567890', '1.50', '', '', true],
    ['', '', '["t",0.10]', 'true', true],
  ]);
});

test('a row that has changed or is gone gives no values, and is counted and named', async () => {
  const folder = await answeredSource();
  await writeFile(join(folder, 'reviews.csv'), 'stars,id,review\n4,r3,静か\n3,r1,Boils slowly\n2,r9,new\n');
  const {code, titles, rows, stderr} = await joined(folder);
  expect(code).toBe(EXIT.ok);
  expect(titles.slice(0, 3)).toEqual(['stars', 'id', 'review']);
  expect(rows.map(({stars, id, review, key, answer: text}) => [stars, id, review, key, text])).toEqual([
    ['', 'r1', '', 'r1', 'to r1'],
    ['', 'r2', '', 'r2', 'to r2'],
    ['4', 'r3', '静か', 'r3', 'to r3'],
  ]);
  expect(stderr).toContain('Note: reviews.csv has changed since it was prepared.\n');
  expect(stderr).toContain('Note: 1 request (r2) has no row in reviews.csv; the columns are left empty.\n');
  expect(stderr).toContain('Note: 1 request (r1) has other values in reviews.csv now than were asked');
  expect((await joinedObject(folder)).joined.sources).toEqual([
    {
      files: ['reviews.csv'],
      is_changed: true,
      gone: {count: 1, keys: ['r2']},
      changed: {count: 1, keys: ['r1']},
      replaced: 0,
    },
  ]);
});

test('rows that were added are no trouble, where keys are hashes too', async () => {
  const folder = await answeredSource({ask: ['-p', '{{ review }}']});
  await writeFile(join(folder, 'reviews.csv'), TABLE.replace('r1,', 'r0,3,first\nr1,'));
  const {rows, stderr} = await joined(folder);
  expect(rows.map(({id}) => id)).toEqual(['r1', 'r2', 'r3']);
  expect(stderr).toContain('has changed since it was prepared; each request still has its row in it.');
});

test('a source that was moved is said, and found with --source', async () => {
  const folder = await answeredSource();
  await rename(join(folder, 'reviews.csv'), join(folder, 'moved.csv'));
  const without = await joined(folder);
  expect(without.code).toBe(EXIT.ok);
  expect(without.titles.slice(0, 2)).toEqual(['file', 'key']);
  expect(without.stderr).toContain('The columns of reviews.csv are left out: ');
  expect(without.stderr).toContain('--source FILE');
  const moved = await joined(folder, '--source', 'moved.csv');
  expect(moved.rows.map(({stars}) => stars)).toEqual(['-5', '007', '1.50']);
  expect(moved.stderr).not.toContain('Note');
  await rm(join(folder, 'answers.csv'));
  const missing = await joined(folder, '--source', 'nowhere.csv');
  expect(missing).toMatchObject({code: EXIT.usage, titles: []});
  expect(missing.stderr).toContain('nowhere.csv: there is no such file');
});

test('files that became requests come back with path and name, found by the patterns of before', async () => {
  const folder = await tempDir();
  for (const name of ['docs/a.txt', 'docs/deep/b.md', 'docs/c.html']) {
    await mkdir(dirname(join(folder, name)), {recursive: true});
    await writeFile(join(folder, name), `text of ${name}`);
  }
  await prepareAgain(folder, ['docs/**/*.{txt,md}', '-p', '{{ text }}']);
  await answer(folder, ['docs-00001.jsonl']);
  const {titles, rows, stderr} = await joined(folder);
  expect(titles.slice(0, 5)).toEqual(['path', 'name', 'file', 'key', 'answer']);
  expect(rows.map(({path, name}) => [path, name])).toEqual([
    ['a.txt', 'a.txt'],
    ['deep/b.md', 'b.md'],
  ]);
  expect(stderr).not.toContain('Note');
});

test('a row whose attached file has changed is another row', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'notes.txt'), 'first');
  await writeFile(join(folder, 'reviews.csv'), 'id,file\nr1,notes.txt\nr2,\n');
  await prepareAgain(folder, ['reviews.csv', '--key', 'id', '--attach', 'file', '-p', 'Read {{ id }}']);
  await answer(folder, ['reviews-00001.jsonl']);
  expect((await joined(folder)).rows.map(({file}) => file)).toEqual(['notes.txt', '']);
  await writeFile(join(folder, 'notes.txt'), 'second');
  const {rows, stderr} = await joined(folder);
  expect(rows.map(({id, file}) => [id, file])).toEqual([
    ['r1', ''],
    ['r2', ''],
  ]);
  expect(stderr).toContain('1 request (r1) has other values in reviews.csv now than were asked');
});

test('a manifest that is none keeps no answer from being joined', async () => {
  const folder = await answeredSource();
  for (const text of [
    '{',
    '{"version":1,"sources":[5],"recipe":{},"files":[]}',
    '{"version":1,"sources":[],"recipe":{},"files":[]}',
  ]) {
    await writeFile(join(folder, 'reviews/prepare-manifest.json'), text);
    const {code, rows, titles, stderr} = await joined(folder);
    expect({code, title: titles[0], count: rows.length}).toEqual({code: EXIT.ok, title: 'file', count: 3});
    expect(stderr).toContain(
      'prepare-manifest.json is no prepare manifest. If it is elsewhere: --source FILE.',
    );
  }
});

test('the table that the requests were made of is never replaced', async () => {
  const folder = await answeredSource();
  const refused = await runCli(['results', '--join', 'reviews.csv', '--overwrite'], {cwd: folder});
  expect(refused.code).toBe(EXIT.usage);
  expect(refused.stderr).toContain(
    'reviews.csv is the table that the requests were made of. It is untouched.',
  );
  expect(await readFile(join(folder, 'reviews.csv'), 'utf8')).toBe(TABLE);
});

test('of a row that was asked again the newer answer is there', async () => {
  const folder = await answeredSource();
  await writeFile(join(folder, 'reviews.csv'), TABLE.replace('静か', 'うるさい'));
  const manifest = join(folder, 'reviews/prepare-manifest.json');
  const first = await readFile(join(folder, 'reviews/reviews-00001.jsonl'), 'utf8');
  const second = first.split('\n')[2]?.replace('静か', 'うるさい');
  await writeFile(join(folder, 'reviews/reviews-00002.jsonl'), `${second ?? ''}\n`);
  const made = JSON.parse(await readFile(manifest, 'utf8')) as {files: object[]};
  made.files.push({file: 'reviews-00002.jsonl', requests: 1, size_bytes: 1, sha256: 'x'});
  await writeFile(manifest, JSON.stringify(made));
  await answer(folder, ['reviews-00001.jsonl', 'reviews-00002.jsonl']);
  const {rows, stderr} = await joined(folder);
  expect(rows.map(({file, key, review}) => [file, key, review])).toEqual([
    ['reviews/reviews-00001.jsonl', 'r1', 'Boils "fast", really'],
    ['reviews/reviews-00001.jsonl', 'r2', 'two\nlines'],
    ['reviews/reviews-00002.jsonl', 'r3', 'うるさい'],
  ]);
  expect(stderr).toContain('1 row was asked again since; only the newer answer is there.');
});

test('requests that were made elsewhere are joined to a table by a column', async () => {
  const folder = await answeredJobs([
    {
      requests: ['1', '2', '3'].map((key) => requestLine(key).replace(/\}$/u, ',"note":"own"}')),
      rows: ['1', '2', '3'].map((key) => answerRow({key})),
    },
  ]);
  await writeFile(join(folder, 'table.tsv'), 'key\tnote\tmodel\n3\tc\tm3\n1\ta\tm1\n');
  const {titles, rows, stderr} = await joined(folder, '--source', 'table.tsv', '--key', 'key');
  expect(titles).toEqual(
    expect.arrayContaining(['key', 'note', 'model', 'file', 'note_2', 'answer', 'model_2']),
  );
  expect(titles).not.toContain('key_2');
  expect(rows.map(({key, note, model, note_2: own}) => [key, note, model, own])).toEqual([
    ['1', 'a', 'm1', 'own'],
    ['2', '', '', 'own'],
    ['3', 'c', 'm3', 'own'],
  ]);
  expect(stderr).toContain('1 request (2) has no row in table.tsv');
  const alone = await joined(folder, '--source', 'table.tsv');
  expect(alone.code).toBe(EXIT.usage);
  expect(alone.stderr).toContain('--key COLUMN');
  expect((await joined(folder, '--key', 'key')).stderr).toContain('--source FILE');
  await writeFile(join(folder, 'table.tsv'), 'key\tnote\n1\ta\n1\tb\n');
  const twice = await joined(folder, '--source', 'table.tsv', '--key', 'key');
  expect(twice.code).toBe(EXIT.usage);
  expect(twice.stderr).toContain('table.tsv:3: the key "1" is already used by table.tsv:2');
});
