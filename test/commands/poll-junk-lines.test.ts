/** Downloads that hold every row the job counts and, among them, lines that are no result rows. */
import {createHash} from 'node:crypto';
import {expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {JobFixture, keysOf} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

/** A record with the fingerprint of the request file. */
const SENT = {sha256: createHash('sha256').update(requestLines(3, 'a.jsonl')).digest('hex')};
const KEYS = ['r1', 'r2', 'r3'];
const JUNK = '{"key":"r2","respo';

function answerTo(key: string, text = 'one'): string {
  return JSON.stringify({key, response: {candidates: [{content: {parts: [{text}]}, finishReason: 'STOP'}]}});
}

function failureOf(key: string): string {
  return JSON.stringify({key, error: {code: 13, message: 'Internal error.'}});
}

function body(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

const SPOILT = body(answerTo('r1'), JUNK, answerTo('r2'), answerTo('r3'));

/** A job of three requests that is over, and whose results come as this text, so many times. */
async function finishedJob(
  text: string,
  {times = null, extra = SENT}: {times?: number | null; extra?: Partial<JobRecord>} = {},
): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 3, extra);
  jobs.finishJobs();
  jobs.emulator.control.fault({on: 'files.download', times, fault: {kind: 'body_after', text}});
  return jobs;
}

function cli(jobs: JobFixture, ...args: string[]): Promise<CliResult> {
  return runCli(args, jobs.options);
}

test.each([
  ['half a row', body(answerTo('r1'), JUNK, answerTo('r2'), answerTo('r3'))],
  ['a page', body('<html>', answerTo('r1'), answerTo('r2'), answerTo('r3'), '</html>')],
  ['no text', body(answerTo('r1'), answerTo('r2'), '\u0000\u0001\ufffd\u0000', answerTo('r3'))],
  ['JSON of another kind', body(answerTo('r1'), answerTo('r2'), answerTo('r3'), '{"error":"timeout"}')],
  ['a row without its key', body(answerTo('r1'), '{"response":{}}', answerTo('r2'), answerTo('r3'))],
])('results with %s among their rows are fetched again, and taken when they are whole', async (_, text) => {
  const jobs = await finishedJob(text, {times: 2});
  expect((await jobs.poll()).code).toBe(0);
  expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(KEYS);
  const [record] = await jobs.records();
  expect(record?.results).toMatchObject({rows: {ok: 3, malformed: 0}});
  expect(record?.results?.incomplete).toBeUndefined();
});

test('the same each time, they are kept and marked, and every command says so', async () => {
  const jobs = await finishedJob(SPOILT);
  const {control} = jobs.emulator;
  const {code, stderr} = await jobs.poll();
  expect([code, stderr]).toEqual([
    3,
    expect.stringContaining('The service sends 1 line that is no result row, the same each time'),
  ]);
  expect([control.counts()['files.download'], control.jobs().length, control.files().length]).toEqual([
    3, 1, 1,
  ]);
  expect(await jobs.read('results/a.jsonl')).toBe(SPOILT);
  expect((await jobs.records())[0]?.results).toMatchObject({
    rows: {ok: 3, malformed: 1, missing: 0},
    incomplete: {expected_rows: 3, contradicts: true},
  });

  expect((await jobs.poll()).code).toBe(3);
  expect((await cli(jobs, 'list')).stdout).toContain('1 bad');
  expect((await cli(jobs, 'show', 'a.jsonl')).stdout).toContain('1 malformed');
  const failed = await cli(jobs, 'results', '--failed');
  expect([failed.code, failed.stdout]).toEqual([3, expect.stringContaining('results/a.jsonl:2: ')]);
  expect((await cli(jobs, 'cleanup', '--yes')).code).toBe(0);
  expect(control.jobs()).toHaveLength(1);
  expect(control.counts()['files.download']).toBe(3);
});

test('a retry fetches them again before it sends anything', async () => {
  const jobs = await finishedJob(SPOILT);
  const {control} = jobs.emulator;
  await jobs.poll();
  control.clearFaults();
  expect((await cli(jobs, 'retry')).stdout).toContain('Nothing to retry');
  expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(KEYS);
  expect([control.paid().length, (await jobs.poll()).code]).toEqual([1, 0]);
});

test('a retry sends only what has no answer in them', async () => {
  const jobs = await finishedJob(body(answerTo('r1'), JUNK, failureOf('r2'), answerTo('r3')));
  const {control} = jobs.emulator;
  await jobs.poll();
  await cli(jobs, 'retry');
  expect(control.counts()['files.download']).toBe(6);
  expect(control.paid().map(({request_count: count}) => count)).toEqual([3, 1]);
  control.clearFaults();
  jobs.finishJobs();
  await jobs.poll();
  const [record] = await jobs.records();
  expect(record?.results).toMatchObject({rows: {ok: 3, malformed: 1}, incomplete: {expected_rows: 3}});
  expect(record?.results?.incomplete?.contradicts).toBeUndefined();
  expect(control.jobs()).toContain(record?.batch.name);
});

test('a retry pays nothing for them while they have all answers', async () => {
  const jobs = await finishedJob(SPOILT);
  await jobs.poll();
  await cli(jobs, 'retry');
  expect(jobs.emulator.control.paid()).toHaveLength(1);
  expect((await jobs.poll()).code).toBe(3);
});

test('lines that stand for a row are counted apart from those that the job counts', async () => {
  const jobs = await finishedJob(body(answerTo('r1'), JUNK, answerTo('r3')));
  const {control} = jobs.emulator;
  expect((await jobs.poll()).code).toBe(3);
  expect((await jobs.records())[0]?.results).toMatchObject({rows: {ok: 2, malformed: 1, missing: 1}});
  control.clearFaults();
  expect((await cli(jobs, 'retry')).stdout).toContain('Nothing to retry');
  expect([control.paid().length, (await jobs.poll()).code]).toEqual([1, 0]);
});

test('a row of another job stands for none of these: a retry fetches again first', async () => {
  const jobs = await finishedJob(body(answerTo('r1'), answerTo('x2'), answerTo('r3')));
  const {control} = jobs.emulator;
  expect((await jobs.poll()).code).toBe(3);
  control.clearFaults();
  expect((await cli(jobs, 'retry')).stdout).toContain('Nothing to retry');
  expect([control.paid().length, (await jobs.poll()).code]).toEqual([1, 0]);
});

test('those that differ each time are not taken', async () => {
  const jobs = await finishedJob(SPOILT, {times: 1});
  const {control} = jobs.emulator;
  const text = `${SPOILT}<html>\n`;
  control.fault({on: 'files.download', times: 2, fault: {kind: 'body_after', text}});
  const {stderr} = await jobs.poll('--once');
  expect(stderr).toContain('differs each time');
  expect((await jobs.records())[0]?.results).toBeUndefined();
  expect((await jobs.poll()).code).toBe(0);
});

/** From now on the service counts no rows of its jobs, as for one that it has just ended. */
async function hideCounts({emulator: {url, control}}: JobFixture): Promise<void> {
  const [match = ''] = control.jobs();
  const response = await fetch(`${url}/v1beta/${match}`, {headers: {'x-goog-api-key': 'emulator'}});
  const {metadata, ...job} = (await response.json()) as {metadata: Record<string, unknown>};
  const {batchStats: _, ...rest} = metadata;
  const text = JSON.stringify({...job, metadata: rest});
  control.fault({on: 'batches.get', match, times: null, fault: {kind: 'body_after', text}});
}

test.each([{times: 2}, {times: null}])('a job whose rows nobody counts: %j', async ({times}) => {
  const jobs = await finishedJob(SPOILT, {times});
  await hideCounts(jobs);
  expect((await jobs.poll()).code).toBe(times === null ? 3 : 0);
  const [record] = await jobs.records();
  expect(record?.batch.stats).toBeUndefined();
  expect(record?.results?.incomplete).toEqual(
    times === null ? {expected_rows: 0, contradicts: true} : undefined,
  );
  expect(jobs.emulator.control.jobs()).toHaveLength(times === null ? 1 : 0);
});

test('an adopted job, of whose requests nothing is known here', async () => {
  const jobs = await finishedJob(SPOILT, {extra: {count: null, adopted_at: '2026-01-01T00:00:00Z'}});
  expect((await jobs.poll()).code).toBe(3);
  expect(jobs.emulator.control.counts()['files.download']).toBe(3);
  jobs.emulator.control.clearFaults();
  await cli(jobs, 'retry');
  expect((await jobs.poll()).code).toBe(0);
});

test.each([{times: 2}, {times: null}])(
  'in results that are checked on the second core: %j',
  async ({times}) => {
    const long = 'a'.repeat(6 * 1024 * 1024);
    const text = body(answerTo('r1', long), answerTo('r2', long), JUNK, answerTo('r3', long));
    const jobs = await finishedJob(text, {times});
    expect((await jobs.poll()).code).toBe(times === null ? 3 : 0);
    const malformed = times === null ? 1 : 0;
    expect((await jobs.records())[0]?.results).toMatchObject({rows: {ok: 3, malformed}});
  },
);
