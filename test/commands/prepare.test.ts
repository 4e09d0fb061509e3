import {appendFile, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {PrepareReport} from '../../src/lib/workflows/prepare/prepare-report.js';
import {checkFile} from '../helpers/check-request-file.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {FAST_CLOCK, ROOT, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const TABLE = 'id,product,review\nr1,Kettle,"Boils ""fast"", really"\nr2,Lamp,"two\nlines"\nr3,Bag,静か\n';
const PROMPT = ['--prompt', '{{ product }}: {{ review }}'];

/** Runs `gembatch prepare` in a folder with one source. */
async function prepare(
  source: {readonly name: string; readonly content: string | Uint8Array},
  ...args: readonly string[]
): Promise<CliResult & {folder: string}> {
  const folder = await tempDir();
  await writeFile(join(folder, source.name), source.content);
  return {folder, ...(await runCli(['prepare', source.name, ...args], {cwd: folder}))};
}

/** The requests of all files of a folder; each file is good by the check that a submission makes. */
async function requestsIn(folder: string): Promise<{key: string; request: Record<string, unknown>}[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  expect(texts.flatMap((text) => checkFile(text).problems)).toEqual([]);
  expect(texts.flatMap((text) => checkFile(text).warnings)).toEqual([]);
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as {key: string; request: Record<string, unknown>}),
  );
}

/** The text of the prompt of a request. */
function promptOf({request}: {request: Record<string, unknown>}): unknown {
  const contents = request['contents'] as {parts: {text?: string}[]}[];
  return contents[0]?.parts.at(-1)?.text;
}

test('a table becomes request files beside it, one request for each row', async () => {
  const {folder, code, stdout} = await prepare(
    {name: 'reviews.csv', content: TABLE},
    '--key',
    'id',
    ...PROMPT,
    '--json',
  );
  expect(code).toBe(EXIT.ok);
  expect(schemaErrors('prepare', JSON.parse(stdout))).toEqual([]);
  const requests = await requestsIn(join(folder, 'reviews'));
  expect(requests.map((request) => [request.key, promptOf(request)])).toEqual([
    ['r1', 'Kettle: Boils "fast", really'],
    ['r2', 'Lamp: two\nlines'],
    ['r3', 'Bag: 静か'],
  ]);
});

test('without --key a row that is inserted changes no other key', async () => {
  const {folder} = await prepare({name: 'a.csv', content: TABLE}, ...PROMPT);
  const before = (await requestsIn(join(folder, 'a'))).map(({key}) => key);
  const longer = TABLE.replace('r1,', 'r0,Sofa,soft\nr1,').concat('r4,Bag,静か\n');
  await writeFile(join(folder, 'a.csv'), longer);
  await runCli(['prepare', 'a.csv', ...PROMPT, '-o', 'b'], {cwd: folder});
  const after = (await requestsIn(join(folder, 'b'))).map(({key}) => key);
  expect(after.slice(1, 4)).toEqual(before);
  expect(after[4]).toBe(`${before[2]}-2`);
});

test('run again, only rows that are new make requests, and files that were made stay', async () => {
  const {folder} = await prepare({name: 'a.csv', content: TABLE}, '--key', 'id', ...PROMPT);
  const first = await readFile(join(folder, 'a/a-00001.jsonl'));
  const again = await runCli(['prepare', 'a.csv', '--key', 'id', ...PROMPT, '--json'], {cwd: folder});
  expect(again.json()).toMatchObject({new_requests: 0, unchanged: 3, exit_code: 0});
  await writeFile(
    join(folder, 'a.csv'),
    `${TABLE.replace('r1,Kettle', 'r1,Pan').replace('r3,Bag,静か\n', '')}r4,Sofa,ok\n`,
  );
  const grown = await runCli(['prepare', 'a.csv', '--key', 'id', ...PROMPT, '--json'], {cwd: folder});
  expect(grown.code).toBe(EXIT.partial);
  const report = grown.json() as PrepareReport;
  expect(report).toMatchObject({
    new_requests: 1,
    unchanged: 1,
    changed: {count: 1, keys: ['r1']},
    gone: {count: 1, keys: ['r3']},
  });
  expect(report.files.map(({file, is_new}) => [file, is_new])).toEqual([
    ['a-00001.jsonl', false],
    ['a-00002.jsonl', true],
  ]);
  expect(await readFile(join(folder, 'a/a-00001.jsonl'))).toEqual(first);
});

test('another prompt, and a made file that was edited, are refused', async () => {
  const {folder} = await prepare({name: 'a.csv', content: TABLE}, ...PROMPT);
  const other = await runCli(['prepare', 'a.csv', '--prompt', '{{ review }}'], {cwd: folder});
  expect(other.code).toBe(EXIT.failed);
  expect(other.stderr).toContain('were made with another prompt');
  await appendFile(join(folder, 'a/a-00001.jsonl'), '\n');
  const edited = await runCli(['prepare', 'a.csv', ...PROMPT], {cwd: folder});
  expect(edited.stderr).toContain('has changed since it was prepared');
});

test('files are split by requests and bytes', async () => {
  const byRequests = await prepare(
    {name: 'a.csv', content: TABLE},
    ...PROMPT,
    '--max-requests',
    '2',
    '--json',
  );
  expect((byRequests.json() as PrepareReport).files.map(({requests}) => requests)).toEqual([2, 1]);
  const rows = Array.from({length: 30}, (_, i) => `${i},${'x'.repeat(200)}\n`).join('');
  const byBytes = await prepare(
    {name: 'a.csv', content: `n,t\n${rows}`},
    '-p',
    '{{ n }}{{ t }}',
    '--max-bytes',
    '1000',
    '--json',
  );
  const {files} = byBytes.json() as PrepareReport;
  expect(files.length).toBeGreaterThan(5);
  expect(files.every(({size_bytes}) => size_bytes <= 1000)).toBe(true);
  expect(await requestsIn(join(byBytes.folder, 'a'))).toHaveLength(30);
});

test('--preview prints requests and writes nothing', async () => {
  const {folder, stdout} = await prepare({name: 'a.csv', content: TABLE}, ...PROMPT, '--preview', '2');
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => promptOf(JSON.parse(line))),
  ).toHaveLength(2);
  expect(await readdir(folder)).toEqual(expect.not.arrayContaining(['a']));
});

test.each([
  ['semicolons', 'a.csv', 'id;t\n1;"x;y"\n', 'x;y'],
  ['tabs', 'a.tsv', 'id\tt\n1\tx,y\n', 'x,y'],
  ['a byte order mark and CRLF', 'a.csv', '\uFEFFt,id\r\nx,1\r\n', 'x'],
  ['windows-1252', 'a.csv', Buffer.from('id,t\n1,caf\xe9\n', 'latin1'), 'café'],
  ['UTF-16', 'a.csv', Buffer.from('\uFEFFid,t\n1,é\n', 'utf16le'), 'é'],
  ['JSON lines', 'a.jsonl', '{"id":1,"t":{"u":"x"}}\n', '{"u":"x"}'],
  ['a JSON list', 'a.json', '[ {"id":1,"t":"a]},\\"["} ]', 'a]},"['],
])('a table with %s is read', async (_what, name, content, text) => {
  const prompt = name === 'a.jsonl' ? '{{ t | json }}' : '{{ t }}';
  const {folder, stderr, code} = await prepare({name, content}, '--key', 'id', '--prompt', prompt);
  expect({code, stderr}).toEqual({code: EXIT.ok, stderr: expect.any(String)});
  expect((await requestsIn(join(folder, 'a'))).map(promptOf)).toEqual([text]);
});

test('numbers keep their digits in prompts and keys', async () => {
  const content = '{"id":12345678901234567890,"price":1.50,"all":{"n":-0.10}}\n';
  const {folder} = await prepare(
    {name: 'a.jsonl', content},
    '--key',
    'id',
    '-p',
    '{{ price }} {{ all | json }}',
  );
  const [request] = await requestsIn(join(folder, 'a'));
  expect(request?.key).toBe('12345678901234567890');
  expect(request && promptOf(request)).toBe('1.50 {"n":-0.10}');
});

test.each([
  [
    'a template with an unknown variable',
    TABLE,
    ['-p', 'x\n {{ reviw }}'],
    '--prompt:2:5: a.csv has no column "reviw". Did you mean {{ review }}?',
  ],
  [
    'a template that is not closed',
    TABLE,
    ['-p', '{% if review %}'],
    '--prompt:1:1: the template cannot be used',
  ],
  ['no prompt', TABLE, [], 'There is no prompt'],
  [
    'an unknown key column',
    TABLE,
    [...PROMPT, '--key', 'idd'],
    '--key: a.csv has no column "idd". Did you mean "id"?',
  ],
  [
    'a key that two rows have',
    `${TABLE}r1,Bag,x\n`,
    [...PROMPT, '--key', 'id'],
    'a.csv:6: the key "r1" is that of a.csv:2 already',
  ],
  [
    'an empty key',
    `${TABLE},Bag,x\n`,
    [...PROMPT, '--key', 'id'],
    'a.csv:6: the key in column "id" is empty',
  ],
  [
    'a ragged row',
    `${TABLE}r4,Bag\n`,
    PROMPT,
    'a.csv:6: the row has 2 fields, the first line names 3 columns',
  ],
  ['a quote that stays open', `${TABLE}r4,"Bag,x\n`, PROMPT, 'a quote is opened and never closed'],
  ['two columns of one name', 'a,a\n1,2\n', PROMPT, 'two columns are called "a"'],
  ['an empty prompt', `${TABLE}r4,Bag,\n`, ['-p', '{{ review }}'], 'a.csv:6: the prompt is empty'],
  [
    'a prompt that is another each time',
    TABLE,
    ['-p', '{{ "now" | date: "%s" }}'],
    '"now" gives another prompt each time',
  ],
])('%s is an error with its place, and nothing is written', async (_what, content, args, message) => {
  const {folder, code, stderr} = await prepare({name: 'a.csv', content}, ...args);
  expect(stderr).toContain(message);
  expect(code).toBe(EXIT.usage);
  expect((await readdir(folder)).filter((name) => name !== '.home')).toEqual(
    (await readdir(folder)).includes('a') ? ['a', 'a.csv'] : ['a.csv'],
  );
  expect(await readdir(join(folder, 'a')).catch(() => [])).toEqual([]);
});

test('--skip-empty leaves out rows with an empty prompt and counts them', async () => {
  const {stdout} = await prepare(
    {name: 'a.csv', content: `${TABLE}r4,Bag,\n`},
    '-p',
    '{{ review }}',
    '--skip-empty',
  );
  expect(stdout).toContain('1 row with an empty prompt left out');
});

test('a missing source, and a broken Parquet file, are errors', async () => {
  const missing = await runCli(['prepare', 'nope.csv', '-p', 'x'], {cwd: await tempDir()});
  expect(missing.stderr).toContain('nope.csv: there is no such file');
  const broken = await prepare({name: 'a.parquet', content: 'PAR1 and no more PAR1'}, '-p', 'x');
  expect(broken.stderr).toContain('a.parquet: the Parquet file cannot be read');
  expect(broken.code).toBe(EXIT.usage);
});

test('what was prepared from a table runs to its answers', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 20, seed: 1});
  await writeFile(join(folder, 'reviews.csv'), await readFile(join(ROOT, 'examples/reviews.csv')));
  await runCli(['prepare', 'reviews.csv', '--key', 'id', '-p', 'Classify: {{ review }}'], {cwd: folder});
  const args = ['run', 'reviews/reviews-00001.jsonl', '--model', MODEL, '--interval', '4s', '--json'];
  const ended = await runCli(args, {
    cwd: folder,
    env: {...env, GEMBATCH_TEST_SPEED: '20'},
    nodeArgs: FAST_CLOCK,
  });
  expect(ended.code).toBe(EXIT.ok);
  const joined = await runCli(['results', '--join', '-'], {cwd: folder, env});
  const keys = joined.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as {key: string}).key);
  expect(keys).toHaveLength(10);
  expect(keys[0]).toBe('r01');
});
