import {execFile} from 'node:child_process';
import {cp, rm, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, test} from '@jest/globals';
import {PRICES} from '../../../../../src/lib/domain/price/prices.js';
import {FileIntake} from '../../../../../src/lib/workflows/fetch/intake/file-intake.js';
import type {CheckedRows, IntakeTerms} from '../../../../../src/lib/workflows/fetch/result-intake.js';
import {answerRow, errorRow, requestLine} from '../../../../helpers/result-rows.js';
import {ROOT} from '../../../../helpers/run-cli.js';
import {tempDir} from '../../../../helpers/temp-dir.js';

const run = promisify(execFile);
const REQUESTS = 24;
/** So long that the file is worth a thread. */
const TEXT = 'an answer '.repeat(100_000);

/** A file as its writer shows it. */
interface Growing {
  readonly temporaryPath: string;
  writtenBytes: number;
}

/** A result file of 24 MB: all answers but one, one of them twice, one of another file. */
async function largeResult(): Promise<{file: Growing; sizeBytes: number; terms: IntakeTerms}> {
  const folder = await tempDir();
  const requestPath = join(folder, 'a.jsonl');
  const keys = Array.from({length: REQUESTS}, (_, index) => `k${index}`);
  await writeFile(requestPath, keys.map((key) => `${requestLine(key)}\n`).join(''));
  const good = keys.slice(2).map((key) => answerRow({key, text: TEXT}));
  const rows = [
    ...good,
    errorRow('k1'),
    answerRow({key: 'k2', text: TEXT}),
    answerRow({key: 'x', text: TEXT}),
  ];
  const text = `${rows.join('\n')}\n`;
  const temporaryPath = join(folder, 'results.jsonl');
  await writeFile(temporaryPath, text);
  const terms: IntakeTerms = {
    requests: {requestPath, requestSha256: null, expectedCount: REQUESTS, checksAnswers: true},
    account: {prices: PRICES, service: 'gemini', day: '2026-11-28', model: 'models/gemini-3.5-flash-lite'},
  };
  return {file: {temporaryPath, writtenBytes: 0}, sizeBytes: text.length, terms};
}

const EXPECTED = {
  rows: {ok: 22, error: 1, missing: 1, unknown_key: 1, repeated: 0, malformed: 0},
  usage: {rows: 23},
  requests: REQUESTS,
  resultRows: 24,
  ownRows: 24,
  isComplete: false,
  requestsState: 'matched',
  notes: [],
};

/** Runs what FileIntake makes of the file, twice at the same time, in a process of its own; tells how many threads it started. */
async function inProcess(
  lib: string,
  {file, sizeBytes, terms}: Awaited<ReturnType<typeof largeResult>>,
): Promise<{stderr: string; threads: number; reads: CheckedRows[]}> {
  const script = `
    import {FileIntake} from ${JSON.stringify(join(lib, 'workflows/fetch/intake/file-intake.js'))};
    let threads = 0;
    process.on('worker', () => threads++);
    const file = ${JSON.stringify(file)};
    const terms = ${JSON.stringify(terms)};
    const intakes = [1, 2].map(() => new FileIntake(file, terms, new AbortController().signal));
    for (; file.writtenBytes < ${sizeBytes}; file.writtenBytes = Math.min(${sizeBytes}, file.writtenBytes + 1_000_000))
      for (const intake of intakes) await intake.follow();
    const reads = await Promise.all(intakes.map((intake) => intake.finish()));
    for (const intake of intakes) await intake.close();
    console.log(JSON.stringify({threads, reads}));
  `;
  const {stdout, stderr} = await run(process.execPath, ['--input-type=module', '-e', script]);
  return {stderr, ...(JSON.parse(stdout) as {threads: number; reads: CheckedRows[]})};
}

describe('a large result file', () => {
  test('is checked while it grows, on a thread that all share', async () => {
    const found = await inProcess(join(ROOT, '.build/src/lib'), await largeResult());
    expect(found).toMatchObject({stderr: '', threads: 1, reads: [EXPECTED, EXPECTED]});
  });

  test('is checked all the same when the thread does not start', async () => {
    const folder = await tempDir();
    await cp(join(ROOT, '.build/src/lib'), join(folder, 'lib'), {recursive: true});
    await rm(join(folder, 'lib/workflows/fetch/intake/intake-worker.js'));
    const found = await inProcess(join(folder, 'lib'), await largeResult());
    expect(found).toMatchObject({stderr: '', reads: [EXPECTED, EXPECTED]});
  });

  test('is given up at once when the run is stopped, however much of it is still to be checked', async () => {
    const {file, sizeBytes, terms} = await largeResult();
    const stop = new AbortController();
    const intake = new FileIntake(file, terms, stop.signal);
    file.writtenBytes = sizeBytes;
    await intake.follow();
    const finished = intake.finish();
    stop.abort(new Error('stopped'));
    await expect(finished).rejects.toThrow('stopped');
    await intake.close();
  });

  test('that someone else makes shorter is an error that names it', async () => {
    const {file, sizeBytes, terms} = await largeResult();
    const intake = new FileIntake(file, terms, new AbortController().signal);
    await truncate(file.temporaryPath, sizeBytes / 2);
    file.writtenBytes = sizeBytes;
    await intake.follow();
    const message: unknown = expect.stringContaining(file.temporaryPath);
    await expect(intake.finish()).rejects.toMatchObject({code: 'STORAGE', message});
    await intake.close();
  });
});
