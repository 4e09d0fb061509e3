import {createHash} from 'node:crypto';
import {appendFile, mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {httpAnswer, useRawServer} from '../helpers/raw-server.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';

/** ESC, CSI in both forms, OSC 52 and 8, BEL, BS, CR, DEL, direction, no width, a tag, and commands of CI runners. */
const EVIL =
  '::error::a\u001B[2J\u009B1m\u001B]52;c;eA==\u0007\u001B]8;;http://x\u001B\\b\b\r\u007F\u202Ec\u200B\u{E0041}\n::set-output name=x::y\n##[error]d';
const MODEL = 'gemini-2.5-flash-lite';

/** Whatever a terminal or the reader of a log would obey, or not see. */
const RAW = /(?!\n|\r\n)[\p{Cc}\u200B\u202E\u{E0041}]|^\s*::(?!error file=)|##\[/mu;

/** What was printed that should not have been, with the command that did. */
function rawIn(command: readonly string[], {stdout, stderr}: CliResult): unknown[] {
  return [stdout, stderr].filter((text) => RAW.test(text)).map((text) => [command, text]);
}

function recordOf(parts: {name: string; file: string; state: string}): Partial<JobRecord> {
  const {name, file, state} = parts;
  const batch = {
    name,
    state,
    model: EVIL,
    display_name: EVIL,
    create_time: EVIL,
    end_time: EVIL,
    error: {message: EVIL},
  };
  return {
    input_file: file,
    count: 2,
    uploaded_file_name: EVIL,
    batch,
    results_error: {message: EVIL, at: EVIL},
    lost_at: EVIL,
    submitted_at: EVIL,
  };
}

/** A folder whose job-info file says hostile things in every text, with results that do. */
async function hostileFolder(): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  const {folder} = jobs;
  const file = `${EVIL.replaceAll('/', '|')}.jsonl`;
  await mkdir(join(folder, 'results'));
  const keys = [`${EVIL}1`, `${EVIL}2`];
  const request = {contents: [{parts: [{text: EVIL}]}]};
  await writeFile(join(folder, file), keys.map((key) => `${JSON.stringify({key, request})}\n`).join(''));
  const rows = [
    {
      key: keys[0],
      response: {candidates: [{content: {parts: [{text: EVIL}]}, finishReason: 'STOP'}]},
    },
    {key: keys[1], error: {code: 3, message: EVIL}},
  ];
  const resultFile = join('results', file);
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await writeFile(join(folder, resultFile), text);
  const results = {
    file: resultFile,
    size_bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    fetched_at: EVIL,
    request_file: 'same',
    rows: {...noCounts(), ok: 1, error: 1},
  };
  const {lost_at: _, ...done} = recordOf({name: 'batches/done', file, state: 'JOB_STATE_SUCCEEDED'});
  const lines = [
    {...done, results},
    recordOf({name: 'batches/failed', file: `failed ${file}`, state: 'JOB_STATE_FAILED'}),
    recordOf({name: `batches/${EVIL}`, file: `strange ${file}`, state: EVIL}),
  ].map((record) => `${JSON.stringify(record)}\n`);
  await writeFile(join(folder, 'job-info.jsonl'), [...lines, `${EVIL}\n`].join(''));
  const intent = {attempt: EVIL, input_file: EVIL, uploaded_file_name: EVIL, model: EVIL, display_name: EVIL};
  const rest = {sha256: EVIL, intended_at: EVIL, count: 1, size_bytes: 1};
  await appendFile(
    join(folder, 'job-info.jsonl.journal'),
    `${JSON.stringify({intent: {...intent, ...rest}})}\n`,
  );
  return jobs;
}

// 16 processes.
test('records, keys and rows that hold escape sequences reach nobody raw', async () => {
  const {options} = await hostileFolder();
  const found: unknown[] = [];
  for (const command of [
    ['list'],
    ['list', '--csv'],
    ['list', '--json'],
    ['show', 'batches/done'],
    ['show', 'batches/failed', '--json'],
    ['show', EVIL],
    ['results'],
    ['results', '--json'],
    ['results', '--failed'],
    ['results', '--failed', '--json'],
    ['results', '--join', '-'],
    ['results', '--join', '-', '--format', 'csv'],
    ['retry', '--dry-run'],
    ['retry', '--dry-run', '--json'],
    ['cancel', EVIL],
  ]) {
    const ended = await runCli(command, {...options, env: {...options.env, GITHUB_ACTIONS: 'true'}});
    found.push(...rawIn(command, ended));
    if (command.at(-1) === '--json' && !command.includes('--failed'))
      expect(ended.json()).toBeInstanceOf(Object);
    expect([command, ended.stdout + ended.stderr]).toEqual([command, expect.stringContaining('\\')]);
    expect([command, ended.code]).not.toEqual([command, 70]);
  }
  expect(found).toEqual([]);
});

// 17 processes.
test('line breaks in recorded names make no line of ours', async () => {
  const name = 'x\nFAKE\rFAKE\u2028FAKE\u0085FAKE';
  const jobs = await JobFixture.create();
  const records = ['SUCCEEDED', 'FAILED', 'RUNNING', 'EXPIRED'].map((state, at) => ({
    ...recordOf({name: `batches/${at}${name}`, file: `${at}${name}`, state: `JOB_STATE_${state}`}),
    ...(at === 0 ? {results: {...RESULTS, file: name}} : {}),
  }));
  const lines = records.map((record) =>
    `${JSON.stringify(record)}\n`.replaceAll(JSON.stringify(EVIL), JSON.stringify(name)),
  );
  await writeFile(join(jobs.folder, 'job-info.jsonl'), lines.join(''));
  const found: unknown[] = [];
  for (const command of [
    ['list'],
    ['show', `0${name}`],
    ['show', `nothing ${name}`],
    ['results'],
    ['results', '--failed'],
    ['results', '--join', '-'],
    ['retry', '--dry-run'],
    ['poll', '--once'],
    ['poll', `nothing ${name}`],
    ['cancel', `2${name}`],
    ['cleanup', name, '--yes'],
    ['cost'],
    ['adopt', name],
    ['estimate', name],
    ['submit', name, '-m', MODEL],
    ['prepare', name],
  ]) {
    const {stdout, stderr} = await runCli(command, jobs.options);
    if (/^\s*FAKE|[\r\u2028\u0085]/mu.test(stdout + stderr)) found.push([command, stdout, stderr]);
  }
  const csv = await runCli(['list', '--csv'], jobs.options);
  expect(csv.stdout.trimEnd().split(/\r\n|[\n\r\u2028\u0085]/u)).toHaveLength(1 + records.length);
  expect(found).toEqual([]);
});

const RESULTS = {
  size_bytes: 1,
  sha256: '',
  fetched_at: '',
  request_file: 'matched',
  rows: {...noCounts(), ok: 1},
} as const;

// 10 processes.
test('what the service says reaches nobody raw', async () => {
  const error = {code: 400, message: EVIL, status: EVIL, details: [{reason: EVIL}]};
  const operation = (name: string): unknown => ({
    name,
    metadata: {
      state: EVIL,
      displayName: EVIL,
      model: EVIL,
      createTime: EVIL,
      output: {responsesFile: 'files/out'},
    },
    error: {code: 3, message: EVIL},
  });
  const answers: readonly [RegExp, unknown][] = [
    [/^GET \/v1beta\/batches\/one/u, operation('batches/one')],
    [/^GET \/v1beta\/batches\?/u, {operations: [operation('batches/two')]}],
    [
      /^GET \/v1beta\/models\//u,
      {name: `models/${EVIL}`, supportedGenerationMethods: ['batchGenerateContent']},
    ],
    [/./u, {error}],
  ];
  const url = await useRawServer((socket, request) => {
    const [, body] = answers.find(([pattern]) => pattern.test(request)) ?? [];
    const isError = body === answers.at(-1)?.[1];
    socket.write(httpAnswer(JSON.stringify(body)).replace('200 OK', isError ? `400 ${'Bad'}` : '200 OK'));
  });
  const folder = await tempDir();
  const file = `${EVIL.replaceAll('/', '|')}.jsonl`;
  await writeFile(join(folder, file), '{"key":"a","request":{"contents":[{"parts":[{"text":"hi"}]}]}}\n');
  const record = {input_file: file, count: 1, uploaded_file_name: 'files/a'};
  const batch = {name: 'batches/one', state: 'JOB_STATE_RUNNING'};
  const env = {GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'test-key', GITHUB_ACTIONS: 'true'};
  const found: unknown[] = [];
  for (const command of [
    ['submit', file, '--model', MODEL],
    ['submit', file, '--model', MODEL, '--json'],
    ['poll', '--once'],
    ['poll', '--once', '--json'],
    ['cancel', 'batches/one'],
    ['cleanup', '--dry-run'],
    ['cleanup', '--dry-run', '--all'],
    ['adopt', '--all-mine'],
    ['adopt', 'batches/one', '--file', file],
    ['results', '--json'],
  ]) {
    await writeFile(
      join(folder, 'job-info.jsonl'),
      command[0] === 'submit' ? '' : `${JSON.stringify({...record, batch})}\n`,
    );
    const ended = await runCli(command, {cwd: folder, env});
    found.push(...rawIn(command, ended));
    expect([command, ended.code]).not.toEqual([command, 70]);
  }
  expect(found).toEqual([]);
});
