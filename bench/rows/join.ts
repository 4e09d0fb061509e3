import {writeFile} from 'node:fs/promises';
import {join as pathOf} from 'node:path';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {noCounts} from '../../src/lib/domain/result/row-counts.js';
import {inTurn} from '../measure/in-turn.js';
import {memoryFigure} from '../measure/memory-figure.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {peakMemoryOfCli, runChild, runCli} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';
import {record} from '../support/records.js';
import {writeLines, type MadeFile} from '../support/request-text.js';

const USAGE = {promptTokenCount: 20, candidatesTokenCount: 30, totalTokenCount: 50};
const ANSWER = 'The writer likes the handle and the lid, and would buy the kettle again. ';
/** As large as pictures of 2K are. */
const IMAGE_BYTES = 6_000_000;

/** How fast answers come beside the rows of their table, and in how much memory. */
export const join: Row = {
  id: 'join',
  title: 'Join of 1,000,000 answers with their table',
  how: 'gembatch results --join with the table that the requests were made of, its start included, against JSON.parse of each request and each result row plus SHA-256; and 200 rows with an image of 8 MB each, written with --media. The quick form has 100,000 answers and 25 images.',
  async run(bench) {
    return [...(await texts(bench)), ...(await images(bench))];
  },
};

async function texts({folder: cwd, pick, note}: Bench): Promise<Figure[]> {
  note('texts');
  const lines = pick(100_000, 1_000_000);
  const [requests, results] = await writeAnswered(cwd, {lines, resultOf: (key) => resultLine(key, [])});
  const table = await writeLines(pathOf(cwd, 'table.csv'), tableLine, {lines: lines + 1});
  const args = (name: string): string[] => [
    'results',
    '--join',
    name,
    '--source',
    table.path,
    '--key',
    'id',
    '--overwrite',
  ];
  const parse = async ({path}: MadeFile): Promise<number> =>
    (await runChild<{ms: number}>('parse-and-hash', [path], {cwd})).ms;
  const values = await inTurn(pick(3, 5), {
    csv: async () => (await runCli(args('answers.csv'), {cwd})).ms,
    parse: async () => (await parse(requests)) + (await parse(results)),
  });
  return [
    ratioFigure({
      what: 'gembatch results --join, CSV',
      against: 'JSON.parse + SHA-256',
      values: values.csv,
      base: values.parse,
      unit: 'ms',
      as: 'rate',
      target: null,
    }),
    memoryFigure('CSV', [await peakMemoryOfCli(args('answers.csv'), {cwd})], 300),
    memoryFigure('Parquet', [await peakMemoryOfCli(args('answers.parquet'), {cwd})], 300),
  ];
}

async function images({folder: cwd, pick, note}: Bench): Promise<Figure[]> {
  note('images');
  const data = Buffer.alloc(IMAGE_BYTES, ANSWER).toString('base64');
  const parts = [{inlineData: {mimeType: 'image/png', data}}];
  await writeAnswered(cwd, {lines: pick(25, 200), resultOf: (key) => resultLine(key, parts)});
  const args = ['results', '--join', 'images.csv', '--media', 'media'];
  return [memoryFigure('images of 8 MB', [await peakMemoryOfCli(args, {cwd})], 300)];
}

/** A job whose results are on disk. */
async function writeAnswered(
  folder: string,
  {lines, resultOf}: {lines: number; resultOf: (key: string) => string},
): Promise<readonly [MadeFile, MadeFile]> {
  const requests = await writeLines(pathOf(folder, 'requests.jsonl'), requestLine, {lines});
  const results = await writeLines(pathOf(folder, 'results.jsonl'), resultOf, {lines});
  const running = record('1');
  const job: JobRecord = {
    ...running,
    input_file: 'requests.jsonl',
    count: lines,
    sha256: requests.sha256,
    size_bytes: requests.sizeBytes,
    batch: {...running.batch, state: 'JOB_STATE_SUCCEEDED'},
    results: {
      file: 'results.jsonl',
      size_bytes: results.sizeBytes,
      sha256: results.sha256,
      fetched_at: '2026-01-31T10:00:00.000Z',
      rows: {...noCounts(), ok: lines},
      request_file: 'matched',
    },
  };
  await writeFile(pathOf(folder, 'job-info.jsonl'), `${JSON.stringify(job)}\n`);
  return [requests, results];
}

function requestLine(key: string): string {
  const text = `Rate the kettle ${key}: The handle is warm, the lid is tight, and it boils in 2 min.`;
  return `${JSON.stringify({key, request: {contents: [{parts: [{text}]}]}})}\n`;
}

function resultLine(key: string, parts: readonly object[]): string {
  const content = {role: 'model', parts: [{text: `${key}: ${ANSWER}`}, ...parts]};
  const response = {
    candidates: [{content, finishReason: 'STOP', index: 0}],
    usageMetadata: USAGE,
    modelVersion: 'gemini-3.5-flash-lite',
  };
  return `${JSON.stringify({key, response})}\n`;
}

/** The table has titles in place of its first row, and one row more. */
function tableLine(key: string): string {
  if (key === 'r1') return 'id,product,stars\n';
  const number = Number(key.slice(1)) - 1;
  return `r${number},Kettle ${number % 97},5\n`;
}
