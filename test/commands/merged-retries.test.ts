import {createHash} from 'node:crypto';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {runCli} from '../helpers/run-cli.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const answer = (key: string, text: string): string =>
  `${JSON.stringify({key, response: {candidates: [{content: {parts: [{text}]}, finishReason: 'STOP'}]}})}\n`;

const failure = (key: string): string => `${JSON.stringify({key, error: {code: 13, message: 'Internal'}})}\n`;

const request = (key: string): string =>
  `${JSON.stringify({key, request: {contents: [{parts: [{text: key}]}]}})}\n`;

/** A job of three requests of which one failed, and a retry of that one whose results are not merged yet. */
async function unmerged(retryRows: string): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  await mkdir(join(jobs.folder, 'results'));
  const record = async (name: string, parts: {requests: string; rows: string; retry_of?: string}) => {
    const {requests, rows, ...rest} = parts;
    await writeFile(join(jobs.folder, `${name}.jsonl`), requests);
    await writeFile(join(jobs.folder, `results/${name}.jsonl`), rows);
    const bad = rows.split('"error"').length - 1;
    const total = rows.split('\n').length - 1;
    return `${JSON.stringify({
      input_file: `${name}.jsonl`,
      count: requests.split('\n').length - 1,
      uploaded_file_name: '',
      batch: {name: `batches/${name}`, state: 'JOB_STATE_SUCCEEDED', dest: {file_name: `files/${name}`}},
      sha256: sha256(requests),
      results: {
        file: `results/${name}.jsonl`,
        size_bytes: Buffer.byteLength(rows),
        sha256: sha256(rows),
        fetched_at: '2026-01-01T00:00:00Z',
        rows: {...noCounts(), ok: total - bad, error: bad},
        request_file: 'matched',
      },
      ...rest,
    })}\n`;
  };
  const first = await record('a', {
    requests: request('r1') + request('r2') + request('r3'),
    rows: answer('r1', 'first') + failure('r2') + answer('r3', 'third'),
  });
  const retry = await record('b', {requests: request('r2'), rows: retryRows, retry_of: 'batches/a'});
  await writeFile(join(jobs.folder, 'job-info.jsonl'), first + retry);
  return jobs;
}

const textsOf = async (jobs: JobFixture): Promise<Record<string, unknown>> => {
  const lines = (await readFile(join(jobs.folder, 'results/a.jsonl'), 'utf8')).trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const row = JSON.parse(line) as {
        key: string;
        response?: {candidates: {content: {parts: {text: string}[]}}[]};
      };
      return [row.key, row.response?.candidates[0]?.content.parts[0]?.text];
    }),
  );
};

test('after a merge every summary counts the whole file, once', async () => {
  const jobs = await unmerged(answer('r2', 'second'));
  const poll = await jobs.poll('--json');
  const summary = JSON.parse(poll.stdout.trim().split('\n').at(-1) ?? '') as unknown;
  expect(poll.code).toBe(0);
  expect(summary).toMatchObject({
    jobs: 2,
    done: 1,
    bad_rows: 0,
    replaced: 1,
    bad_row_count: 0,
    rows: {ok: 3},
  });
  expect(await textsOf(jobs)).toEqual({r1: 'first', r2: 'second', r3: 'third'});

  const list = (await runCli(['list', '--json'], jobs.options)).json();
  expect(list).toMatchObject({
    summary: {jobs: 2, done: 1, replaced: 1},
    jobs: [
      {file: 'a.jsonl', outcome: 'done', replaced: false, results: {rows: {ok: 3}}},
      {file: 'b.jsonl', replaced: true},
    ],
  });
  const results = await runCli(['results', '--json'], jobs.options);
  expect(results.json()).toMatchObject({
    jobs: [{file: 'a.jsonl', outcome: 'done', bad_rows: 0}],
    exit_code: 0,
  });
  expect((await jobs.poll('--once')).code).toBe(0);
});

test('a row that was not asked for replaces nothing', async () => {
  const jobs = await unmerged(answer('r1', 'FOREIGN') + answer('r2', 'second'));
  await jobs.poll();
  expect(await textsOf(jobs)).toEqual({r1: 'first', r2: 'second', r3: 'third'});
});

test('nor does it when the request file of the retry is gone', async () => {
  const jobs = await unmerged(answer('r1', 'FOREIGN') + answer('r2', 'second'));
  await writeFile(join(jobs.folder, 'b.jsonl'), request('r1'));
  await jobs.poll();
  expect(await textsOf(jobs)).toEqual({r1: 'first', r2: 'second', r3: 'third'});
});
