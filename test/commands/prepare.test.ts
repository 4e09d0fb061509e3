import {appendFile, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parquetWriteBuffer} from 'hyparquet-writer';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {PrepareReport} from '../../src/lib/workflows/prepare/prepare-report.js';
import {checkFile} from '../helpers/check-request-file.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {FAST_CLOCK, ROOT, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

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
    parseLines(text).map((line) => line as {key: string; request: Record<string, unknown>}),
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
  expect(parseLines(stdout).map((line) => promptOf(line as {request: Record<string, unknown>}))).toHaveLength(
    2,
  );
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
    'a.csv:6: the key "r1" is already used by a.csv:2',
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

test('a missing source, and a Parquet file that is cut or damaged, are errors', async () => {
  const missing = await runCli(['prepare', 'nope.csv', '-p', 'x'], {cwd: await tempDir()});
  expect(missing.stderr).toContain('nope.csv: there is no such file');
  expect(missing.stderr).toContain('  Check the path, and that you are in the right folder.');
  const damaged = Buffer.from(PARQUET).fill(0xff, 8, 40);
  for (const content of ['PAR1 and no more PAR1', PARQUET.subarray(0, PARQUET.length / 2), damaged]) {
    const broken = await prepare({name: 'a.parquet', content}, '-p', '{{ t }}');
    expect(broken.stderr).toContain('a.parquet: the Parquet file cannot be read');
    expect(broken.code).toBe(EXIT.usage);
    expect(await readdir(join(broken.folder, 'a')).catch(() => [])).toEqual([]);
  }
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
  const keys = parseLines(joined.stdout).map((line) => (line as {key: string}).key);
  expect(keys).toHaveLength(10);
  expect(keys[0]).toBe('r01');
});

const PARQUET = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      {name: 'id', data: [9007199254740993n, 2n], type: 'INT64'},
      {name: 't', data: ['x', 'ü'], type: 'STRING'},
    ],
  }),
);

test.each([
  ['reviews.csv', TABLE, "gembatch prepare reviews.csv --prompt '… {{ review }}'"],
  ['reviews.tsv', 'id\tthe text\n1\tx\n', `gembatch prepare reviews.tsv --prompt '… {{ row["the text"] }}'`],
  ['list', 'id,t\n1,x\n', "gembatch prepare list --from csv --prompt '… {{ t }}'"],
  [
    'my list.csv',
    `id,it's\n1,x\n`,
    String.raw`gembatch prepare 'my list.csv' --prompt '… {{ row["it'\''s"] }}'`,
  ],
  ['a.parquet', PARQUET, "gembatch prepare a.parquet --prompt '… {{ t }}'"],
  ['a.json', '[{"id":1,"t":"x"}]', "gembatch prepare a.json --prompt '… {{ t }}'"],
  ['notes.txt', 'Some words.', "gembatch prepare notes.txt --prompt '…'"],
  ['bare.jsonl', '{"contents":[{"parts":[{"text":"x"}]}]}\n', 'gembatch prepare bare.jsonl'],
  ['scans/one.png', 'PNG', "gembatch prepare scans --prompt '…'"],
  ['a.jsonl', '{"custom_id":"a","body":{"messages":[]}}\n', 'gembatch prepare a.jsonl'],
  [
    'b.jsonl',
    '{"id":1,"Review text":"x"}\n',
    `gembatch prepare b.jsonl --prompt '… {{ row["Review text"] }}'`,
  ],
])(
  'a submission of %s, which is no request file, names the command that helps',
  async (name, content, command) => {
    const {env} = await useEmulator();
    const folder = await tempDir();
    const [named = name] = name.split('/');
    await mkdir(dirname(join(folder, name)), {recursive: true});
    await writeFile(join(folder, name), content);
    const {stderr, stdout} = await runCli(['submit', named, '--dry-run', '--model', MODEL], {
      cwd: folder,
      env,
    });
    expect(stderr + stdout).toContain(command);
  },
);

test('files of a folder become one request each, with the file beside the prompt', async () => {
  const folder = await tempDir();
  await mkdir(join(folder, 'scans'));
  await writeFile(join(folder, 'scans/1.txt'), 'one');
  await writeFile(join(folder, 'scans/2.png'), 'PNG');
  await writeFile(join(folder, 'scans/3.docx'), 'no');
  const {stderr} = await runCli(['prepare', 'scans', '-p', '{{ name }}: {{ text }}'], {cwd: folder});
  expect(stderr).toContain('left out 1 file that can be no request (.docx)');
  const requests = await requestsIn(join(folder, 'scans-requests'));
  expect(requests.map(promptOf)).toEqual(['1.txt: one', '2.png: ']);
  expect(requests[1]?.request).toMatchObject({
    contents: [{parts: [{inlineData: {mimeType: 'image/png', data: 'UE5H'}}, {}]}],
  });
});

test('--attach adds the file or the address of a column', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'cat.png'), 'PNG');
  await writeFile(join(folder, 'a.csv'), 'img\ncat.png\nhttps://example.com/dog.jpg\ngone.png\n');
  const gone = await runCli(['prepare', 'a.csv', '-p', 'What?', '--attach', 'img'], {cwd: folder});
  expect(gone.stderr).toContain('a.csv:4, column "img": gone.png: there is no such file');
  await writeFile(join(folder, 'a.csv'), 'img\ncat.png\nhttps://example.com/dog.jpg\n');
  await runCli(['prepare', 'a.csv', '-p', 'What?', '--attach', 'img'], {cwd: folder});
  expect((await requestsIn(join(folder, 'a'))).map(({request}) => request['contents'])).toMatchObject([
    [{parts: [{inlineData: {mimeType: 'image/png'}}, {text: 'What?'}]}],
    [
      {
        parts: [
          {fileData: {mimeType: 'image/jpeg', fileUri: 'https://example.com/dog.jpg'}},
          {text: 'What?'},
        ],
      },
    ],
  ]);
});

test('a Parquet table keeps the digits of its numbers', async () => {
  const {folder} = await prepare({name: 'a.parquet', content: PARQUET}, '--key', 'id', '-p', '{{ t }}');
  const requests = await requestsIn(join(folder, 'a'));
  expect(requests.map((request) => [request.key, promptOf(request)])).toEqual([
    ['9007199254740993', 'x'],
    ['2', 'ü'],
  ]);
});

test('a Parquet table keeps the digits of times and decimals, and dates are dates', async () => {
  const content = await readFile('test/fixtures/times.parquet');
  const columns = ['day', 'local', 'utc', 'clock', 'nano', 'price', 'days'];
  const prompt = ['{{ id }}', ...columns.map((name) => `{{ ${name} }}`)].join('|');
  const {folder} = await prepare({name: 'a.parquet', content}, '-p', prompt);
  expect((await requestsIn(join(folder, 'a'))).map(promptOf)).toEqual([
    '1|2026-02-28|2026-02-28T12:00:00.123456|2026-02-28T12:00:00.000Z|01:02:03.000004|1969-12-31T23:59:59.999999999|1.50|2026-01-01',
    '2|||||||',
  ]);
});

test("lines of OpenAI's format are converted, and what has no counterpart is an error", async () => {
  const body = {
    model: 'gpt-4o',
    messages: [
      {role: 'system', content: 'Be brief.'},
      {role: 'user', content: 'Hi'},
    ],
    max_tokens: 9,
    response_format: {
      type: 'json_schema',
      json_schema: {name: 'x', schema: {type: 'object', properties: {a: {type: ['string', 'null']}}}},
    },
  };
  const line = (more: object): string => `${JSON.stringify({custom_id: 'a', body: {...body, ...more}})}\n`;
  const {folder} = await prepare({name: 'a.jsonl', content: line({})});
  expect(await requestsIn(join(folder, 'a'))).toMatchObject([
    {
      key: 'a',
      request: {
        contents: [{role: 'user', parts: [{text: 'Hi'}]}],
        systemInstruction: {parts: [{text: 'Be brief.'}]},
        generationConfig: {
          maxOutputTokens: 9,
          responseSchema: {type: 'OBJECT', properties: {a: {type: 'STRING', nullable: true}}},
        },
      },
    },
  ]);
  const refused = await prepare({name: 'a.jsonl', content: line({logit_bias: {'5': 1}})});
  expect(refused.stderr).toContain('a.jsonl:1: has "logit_bias", for which Gemini has no counterpart');
});

test('a schema of Zod goes out with its records, and tuples as long as they are', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'a.csv'), TABLE);
  const record = {type: 'object', additionalProperties: {type: 'number'}};
  const tuple = {type: 'array', prefixItems: [{type: 'string'}, {type: 'number'}]};
  const properties = {record: {...record, propertyNames: {type: 'string'}}, tuple: {...tuple, items: false}};
  await writeFile(join(folder, 's.json'), JSON.stringify({type: 'object', properties}));
  const args = ['prepare', 'a.csv', ...PROMPT, '--schema', 's.json', '--preview', '1'];
  const {stdout} = await runCli(args, {cwd: folder});
  expect(JSON.parse(stdout)).toMatchObject({
    request: {
      generationConfig: {
        responseJsonSchema: {type: 'object', properties: {record, tuple: {...tuple, maxItems: 2}}},
      },
    },
  });
});

test('--schema and --config are checked, also by the family of the model', async () => {
  const folder = await tempDir();
  const run = async (files: Record<string, unknown>, ...args: readonly string[]): Promise<CliResult> => {
    await writeFile(join(folder, 'a.csv'), TABLE);
    for (const [name, value] of Object.entries(files))
      await writeFile(join(folder, name), JSON.stringify(value));
    return runCli(['prepare', 'a.csv', ...PROMPT, ...args], {cwd: folder});
  };
  const bad = await run(
    {'s.json': {type: 'object', properties: {a: {type: 'string', format: 'email'}}}},
    '--schema',
    's.json',
  );
  expect(bad.code).toBe(EXIT.usage);
  expect(bad.stderr).toContain('#/properties/a: the format "email" cannot be expressed');
  const family = await run({'c.json': {temperature: 0}}, '--config', 'c.json', '--model', 'gemini-4-argon');
  expect(family.stderr).toContain('gemini-4-argon does not take "temperature"');
  const fine = await run(
    {'s.json': {type: 'object', properties: {d: {type: 'string', format: 'date'}}}},
    '--schema',
    's.json',
    '--config',
    'c.json',
  );
  expect(fine.stderr).toContain('goes out as "responseJsonSchema"');
  const line = (await readFile(join(folder, 'a/a-00001.jsonl'), 'utf8')).split('\n')[0] ?? '';
  expect(checkFile(line).problems).toEqual([]);
  expect((JSON.parse(line) as {request: Record<string, unknown>}).request['generationConfig']).toMatchObject({
    temperature: 0,
    responseMimeType: 'application/json',
  });
});
