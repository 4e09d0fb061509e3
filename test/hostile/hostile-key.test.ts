import {readFile, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {JobFixture} from '../helpers/job-fixture.js';
import {httpAnswer, useRawServer} from '../helpers/raw-server.js';
import {requestLines} from '../helpers/request-files.js';
import {runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

/** As long as a real one, with characters that URLs and JSON write in other ways. */
const KEY = 'AIza+Sy/B"c\\D=e&f<g0123456789-secret';
/** What is left of it in any form. */
const TRACE = /0123456789-secret|AIza(?:\+|%|\\)/u;
const MODEL = 'gemini-2.5-flash-lite';
const DEBUG = {DEBUG: '*', NODE_OPTIONS: ''};

/** All that a command left behind: what it printed and every file below its folder but the inputs. */
async function tracesOf(folder: string, {stdout, stderr}: CliResult): Promise<string[]> {
  const files = (await readdir(folder, {recursive: true, withFileTypes: true})).filter((entry) =>
    entry.isFile(),
  );
  const texts = await Promise.all(
    files.map(async ({parentPath, name}) => `${name}: ${await readFile(join(parentPath, name), 'utf8')}`),
  );
  return [`stdout: ${stdout}`, `stderr: ${stderr}`, ...texts].filter((text) => TRACE.test(text));
}

// 10 processes, with all debug output.
test('the key is in no output and no file of any command, however the service repeats it', async () => {
  const forms = [KEY, encodeURIComponent(KEY), JSON.stringify(KEY), encodeURIComponent(JSON.stringify(KEY))];
  const message = `Bad key ${forms.join(' or ')}`;
  const job = (name: string): unknown => ({
    name,
    metadata: {
      state: KEY,
      displayName: message,
      model: message,
      createTime: KEY,
      batchStats: {requestCount: KEY},
    },
    error: {code: 3, message},
  });
  const answers: readonly [RegExp, unknown][] = [
    [/^GET \/v1beta\/batches\/one/u, job('batches/one')],
    [/^GET \/v1beta\/batches\?/u, {operations: [job('batches/two')], error: undefined}],
    [/^GET \/v1beta\/models\//u, {name: message, supportedGenerationMethods: ['batchGenerateContent']}],
    [/./u, {error: {code: 400, message, status: KEY, details: [{reason: KEY}]}}],
  ];
  const url = await useRawServer((socket, request) => {
    const [, body] = answers.find(([pattern]) => pattern.test(request)) ?? [];
    const status = body === answers.at(-1)?.[1] ? '400 Bad' : '200 OK';
    socket.write(httpAnswer(JSON.stringify(body)).replace('200 OK', status));
  });
  for (const command of [
    ['submit', 'a.jsonl', '--model', MODEL],
    ['submit', 'a.jsonl', '--json', '--model', MODEL],
    ['poll', '--once'],
    ['poll', '--once', '--json', '--on-done', `: ${KEY.length}`],
    ['list', '--refresh'],
    ['run', 'a.jsonl', '--model', MODEL],
    ['cancel', 'batches/one'],
    ['cleanup', '--all', '--yes'],
    ['adopt', '--all-mine'],
    ['adopt', 'batches/one', '--file', 'a.jsonl', '--json'],
    ['results'],
  ]) {
    const folder = await tempDir();
    await writeFile(join(folder, 'a.jsonl'), requestLines(1));
    const batch = {name: 'batches/one', state: 'JOB_STATE_RUNNING'};
    const record = {input_file: 'b.jsonl', count: 1, uploaded_file_name: 'files/a', batch};
    await writeFile(join(folder, 'job-info.jsonl'), `${JSON.stringify(record)}\n`);
    const env = {...DEBUG, GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: KEY};
    const ended = await runCli(command, {cwd: folder, env});
    expect([command, await tracesOf(folder, ended)]).toEqual([command, []]);
    expect([command, ended.code]).not.toEqual([command, 70]);
  }
});

test('rows that repeat the key are printed without it', async () => {
  const jobs = await JobFixture.create();
  const requests = requestLines(2, KEY);
  await writeFile(join(jobs.folder, 'a.jsonl'), requests);
  jobs.emulator.control.outcome({match: '', rows: [{fault: 'truncated', keys: ['r1']}]});
  await jobs.record('a.jsonl', {count: 2, uploaded: await jobs.upload(requests)});
  jobs.finishJobs();
  await jobs.poll();
  const options = {...jobs.options, env: {...jobs.options.env, GEMINI_API_KEY: KEY}};
  for (const how of [
    ['--join', '-'],
    ['--join', '-', '--format', 'csv'],
  ]) {
    const {stdout} = await runCli(['results', ...how], options);
    expect(stdout).toContain('about [API key]');
    expect(stdout).not.toMatch(TRACE);
  }
});

test('a command of --on-done finds the key in its environment, and not in its arguments', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 1);
  jobs.finishJobs();
  const script = 'tr "\\0" "\\n" < /proc/$$/cmdline; echo "inherited: $GEMINI_API_KEY" | cut -c 1-15';
  const env = {...jobs.options.env, GEMINI_API_KEY: KEY};
  const {stderr, code} = await startCli(['poll', '--on-done', script], {...jobs.options, env}).ended;
  expect(code).toBe(0);
  expect(stderr).toContain('inherited: AIza');
  expect(stderr.replaceAll('inherited: AIza', '')).not.toMatch(TRACE);
});

test('the command of --on-done is told of without the key that its line may hold', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 1);
  jobs.finishJobs();
  const env = {...jobs.options.env, GEMINI_API_KEY: KEY};
  const command = `false '${KEY}' '\u001B[2J'`;
  const {stdout, stderr} = await startCli(['poll', '--json', '--on-done', command], {...jobs.options, env})
    .ended;
  expect(stdout + stderr).not.toMatch(TRACE);
  expect(stderr).toContain("failed (1): false '[API key]' '\\x1b[2J'");
});
