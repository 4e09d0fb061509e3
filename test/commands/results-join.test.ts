import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {answeredJobs} from '../helpers/answered-job.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {answerRow, embeddingRow, requestLine} from '../helpers/result-rows.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

type Line = Readonly<Record<string, unknown>>;

async function lines(folder: string, ...args: string[]): Promise<CliResult & {rows: Line[]}> {
  const ended = await runCli(['results', '--join', '-', ...args], {cwd: folder});
  const rows = ended.stdout.split('\n').filter((line) => line !== '');
  const parsed = rows.map((line) => JSON.parse(line) as Line);
  expect(parsed.flatMap((row) => schemaErrors('joined-row', row))).toEqual([]);
  return {...ended, rows: parsed};
}

async function table(folder: string, file: string, ...args: string[]): Promise<CliResult & {text: string}> {
  const ended = await runCli(['results', '--join', file, ...args], {cwd: folder});
  return {...ended, text: await readFile(join(folder, file), 'utf8').catch(() => '')};
}

function responseRow(key: string, ...candidates: object[]): string {
  const usageMetadata = {promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3};
  return JSON.stringify({key, response: {candidates, usageMetadata, modelVersion: 'gemini-x'}});
}

const IMAGE = {inlineData: {mimeType: 'image/png', data: 'aGVsbG8='}};
const CALL = {functionCall: {name: 'look_up', args: {id: 1}}};

/** One answer with all that an answer can have, one of two candidates, one function call alone. */
const RICH = {
  requests: ['a', 'b', 'c'].map(requestLine),
  rows: [
    responseRow('a', {
      content: {parts: [{text: 'hm', thought: true}, {text: 'See: '}, IMAGE, CALL, {text: 'this'}]},
      finishReason: 'STOP',
      groundingMetadata: {
        webSearchQueries: ['q'],
        groundingChunks: [{web: {uri: 'https://x.example', title: 'x'}}],
      },
      citationMetadata: {citationSources: [{startIndex: 0, endIndex: 3, uri: 'https://y.example'}]},
      urlContextMetadata: {urlMetadata: [{retrievedUrl: 'https://z.example'}]},
    }),
    responseRow('b', ...['one', 'two'].map((text) => ({content: {parts: [{text}]}, finishReason: 'STOP'}))),
    responseRow('c', {content: {parts: [CALL]}, finishReason: 'STOP'}),
  ],
};

test('nothing of an answer is dropped in JSONL', async () => {
  const folder = await answeredJobs([RICH]);
  const {rows, stderr} = await lines(folder);
  expect(rows[0]).toMatchObject({
    text: 'See: this',
    data: [IMAGE, CALL],
    grounding: {webSearchQueries: ['q'], groundingChunks: [{web: {uri: 'https://x.example'}}]},
    citations: {citationSources: [{uri: 'https://y.example'}]},
    url_context: {urlMetadata: [{retrievedUrl: 'https://z.example'}]},
    model: 'gemini-x',
  });
  expect(rows[0]).not.toHaveProperty('thoughts');
  expect(stderr).toContain('thoughts of 1 answer. What shows it: --thoughts.');
  expect(rows[1]).toMatchObject({
    text: 'one',
    candidates: [
      {text: 'one', data: null, finish_reason: 'STOP'},
      {text: 'two', data: null, finish_reason: 'STOP'},
    ],
  });
  expect(rows[2]).toMatchObject({text: null, data: [CALL]});
  const withThoughts = await lines(folder, '--thoughts');
  expect(withThoughts.rows.map(({thoughts}) => thoughts)).toEqual(['hm', null, null]);
  expect(withThoughts.stderr).toBe('');
});

test('a table says what it has no column for, and --columns gives it one', async () => {
  const folder = await answeredJobs([RICH]);
  const {text, stderr} = await table(folder, 'answers.csv');
  expect(text.split('\r\n')[1]).toBe('001.jsonl,a,See: this,ok,,STOP,1,2,,3,gemini-x');
  expect(text.split('\r\n')[3]).toContain('look_up');
  for (const what of [
    'images or sounds',
    'function calls',
    'thoughts',
    'further candidates',
    'grounding',
    'citations',
    'URL context',
  ])
    expect(stderr).toContain(what);

  const chosen = await table(folder, 'chosen.tsv', '--columns', 'key,thoughts,candidates,data,citations');
  const [titles, first, second] = chosen.text.split('\r\n');
  expect(titles).toBe('key\tthoughts\tcandidates\tdata\tcitations');
  expect(first).toMatch(/^a\thm\t\t"\[\{""inlineData""/u);
  expect(second).toBe('b\t\t"[""one"",""two""]"\t\t');
  const wrong = await table(folder, 'wrong.csv', '--columns', 'key,anser');
  expect(wrong).toMatchObject({code: EXIT.usage, text: ''});
  expect(wrong.stderr).toContain('Did you mean "answer"?');
});

const SCHEMA = {
  type: 'object',
  properties: {
    label: {type: 'string'},
    score: {type: 'number'},
    id: {type: 'integer'},
    tags: {type: 'array'},
  },
};

function askFor(key: string, more: object = {}): string {
  return JSON.stringify({
    key,
    request: {
      contents: [{parts: [{text: 'x'}]}],
      generationConfig: {responseMimeType: 'application/json', responseJsonSchema: SCHEMA},
    },
    ...more,
  });
}

test('each property of the schema has a column', async () => {
  const folder = await answeredJobs([
    {
      requests: ['a', 'b', 'c'].map((key) => askFor(key)),
      rows: [
        answerRow({
          key: 'a',
          text: '{"score":1.50,"label":"good, very","id":12345678901234567890,"tags":["x"]}',
        }),
        answerRow({key: 'b', text: '{"label":null,"more":true}'}),
        answerRow({key: 'c', text: 'no JSON'}),
      ],
    },
  ]);
  const {text, stdout, stderr} = await table(
    folder,
    'answers.csv',
    '--columns',
    'key,label,score,id,tags,outcome',
  );
  expect(text.split('\r\n')).toEqual([
    'key,label,score,id,tags,outcome',
    'a,"good, very",1.50,12345678901234567890,"[""x""]",ok',
    'b,,,,,schema_mismatch',
    'c,,,,,not_json',
    '',
  ]);
  expect(stdout).toBe('3 rows → answers.csv: 1 ok, 2 need attention\n');
  expect(stderr).toContain('text that no column has of 2 answers');
});

test('columns that stood beside a request come back, and numbers keep all their digits', async () => {
  const own = '"id":12345678901234567890,"price":1.50,"note":"=1+1","nested":{"a":0.10}';
  const folder = await answeredJobs([
    {
      requests: [
        requestLine('a').replace(/\}$/u, `,${own}}`).replace('100}', '100,"seed":9007199254740993}'),
      ],
      rows: [answerRow({key: 'a'}).replace('"role"', '"x":1e400,"role"')],
    },
  ]);
  const {stdout, rows} = await lines(folder);
  expect(rows[0]).toMatchObject({columns: {note: '=1+1', nested: {a: 0.1}}});
  expect(stdout).toContain(`"columns":{${own}}`);
  expect(stdout).toContain('"seed":9007199254740993');
  const csv = await table(folder, 'a.csv');
  expect(csv.text.split('\r\n').slice(0, 2)).toEqual([
    expect.stringContaining('file,key,id,price,note,nested,answer,outcome'),
    expect.stringContaining(`001.jsonl,a,12345678901234567890,1.50,'=1+1,"{""a"":0.10}",an answer,ok`),
  ]);
});

test('keys are never altered, and the guard against formulas can be turned off', async () => {
  const keys = ['=1+1', '-x', ' a,"b"', '00123', '@é\u0085'];
  const folder = await answeredJobs([
    {requests: keys.map(requestLine), rows: keys.map((key) => answerRow({key, text: '=2+2'}))},
  ]);
  const {text} = await table(folder, 'answers.csv', '--columns', 'key,answer');
  expect(text).toBe(
    `key,answer\r\n=1+1,'=2+2\r\n-x,'=2+2\r\n" a,""b""",'=2+2\r\n00123,'=2+2\r\n@é\u0085,'=2+2\r\n`,
  );
  const plain = await table(folder, 'plain.csv', '--columns', 'answer', '--no-formula-guard');
  expect(plain.text.split('\r\n')[1]).toBe('=2+2');
});

test('an embedding is a list, in a table too', async () => {
  const request = JSON.stringify({key: 'e', request: {content: {parts: [{text: 'x'}]}}});
  const folder = await answeredJobs([
    {requests: [request], rows: [embeddingRow('e').replace('0.1', '0.10')]},
  ]);
  const {rows} = await lines(folder);
  expect(rows).toMatchObject([{outcome: 'ok', text: null, data: [0.1, -0.002], tokens: {prompt: 1}}]);
  const {text} = await table(folder, 'e.csv', '--columns', 'key,answer');
  expect(text).toBe('key,answer\r\ne,"[0.10,-0.002]"\r\n');
});

test('what was written is in the JSON, and an existing file stays until it is given up', async () => {
  const folder = await answeredJobs([RICH]);
  const {code, stdout} = await table(folder, 'answers.csv', '--json');
  expect(code).toBe(0);
  const object = JSON.parse(stdout) as unknown;
  expect(schemaErrors('results', object)).toEqual([]);
  expect(object).toMatchObject({
    joined: {file: 'answers.csv', format: 'csv', rows: 3, ok: 3, needs_attention: 0, left_out: {media: 1}},
  });
  await writeFile(join(folder, 'answers.csv'), 'mine');
  const refused = await table(folder, 'answers.csv');
  expect(refused).toMatchObject({code: EXIT.storage, text: 'mine', stdout: ''});
  expect(refused.stderr).toContain('--overwrite');
  expect((await table(folder, 'answers.csv', '--overwrite')).stdout).toBe('3 rows → answers.csv: 3 ok\n');
});

test('a workbook is not written under its name as something else', async () => {
  const folder = await answeredJobs([RICH]);
  const refused = await runCli(['results', '--join', 'answers.xlsx'], {cwd: folder});
  expect(refused).toMatchObject({code: EXIT.usage, stdout: ''});
  expect(refused.stderr).toContain('--join answers.csv');
  await expect(readFile(join(folder, 'answers.xlsx'))).rejects.toThrow('ENOENT');
});
