import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {createEmulator, type Emulator} from '../../src/emulator/http/server.js';
import {OPERATIONS} from '../../src/emulator/control/faults.js';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {median} from '../measure/statistics.js';
import {runCli} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';
import {requestLine, writeLines} from '../support/request-text.js';

const FILES = 23;
const FILE_BYTES = 1024 * 1024;
const LATENCY_MS = 100;
const CONCURRENCY = 8;

/** How much is gained by working on several files at once, with an emulator that takes its time for each request. */
export const manyFiles: Row = {
  id: 'files',
  title: `${FILES} files of 1 MiB, ${LATENCY_MS} ms per request`,
  how: `The whole command against the emulator, each time with a new store. Held against what the latency alone allows: ${CONCURRENCY} workers, each of which sends the requests of its files one after another; and ${CONCURRENCY} uploads at once, with the creates beside them, as gembatch does.`,
  async run(bench) {
    const emulator = await createEmulator({parentFolder: bench.folder, speed: 0});
    try {
      return await figures(bench, emulator);
    } finally {
      await emulator.close();
    }
  },
};

async function figures({folder, pick}: Bench, emulator: Emulator): Promise<Figure[]> {
  const files = join(folder, 'files');
  await mkdir(files);
  for (let i = 0; i < FILES; i += 1)
    await writeLines(join(files, `${i}.jsonl`), (key) => requestLine(`${i}-${key}`), {bytes: FILE_BYTES});

  let runs = 0;
  const submit = async (concurrency: number): Promise<number> => {
    await emulator.control.reset();
    for (const on of OPERATIONS)
      emulator.control.fault({on, fault: {kind: 'latency', ms: LATENCY_MS}, times: null});
    runs += 1;
    // As a shell expands files/*.jsonl.
    const names = Array.from({length: FILES}, (_, i) => `files/${i}.jsonl`);
    const args = ['submit', ...names, '--job-info', `jobs-${runs}.jsonl`];
    const env = {GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'bench'};
    const flags = ['--model', 'gemini-3.5-flash-lite', '--concurrency', String(concurrency), '--quiet'];
    return (await runCli([...args, ...flags], {cwd: folder, env})).ms;
  };
  const values = await inTurn(pick(1, 5), {one: () => submit(1), many: () => submit(CONCURRENCY)});
  const many = `--concurrency ${CONCURRENCY}`;
  const bounds = latencyBounds(emulator);
  const overBound = (against: string, boundMs: number, target: Figure['target']): Figure => ({
    what: many,
    against,
    value: median(values.many) / boundMs,
    unit: '×',
    spread: null,
    target,
    alarm: null,
    bars: [
      {label: many, value: median(values.many), unit: 'ms'},
      {label: against, value: boundMs, unit: 'ms'},
    ],
  });
  return [
    ratioFigure({
      what: many,
      against: '--concurrency 1',
      values: values.many,
      base: values.one,
      unit: 'ms',
      as: 'rate',
      target: {limit: 5, is: 'at least'},
    }),
    overBound(`latency of ${CONCURRENCY} workers`, bounds.workersMs, {limit: 1.1, is: 'at most'}),
    overBound(`latency of ${CONCURRENCY} uploads`, bounds.uploadsMs, null),
  ];
}

/**
 * What the latency alone takes, with the requests that are made once before those of the files: with all requests of a file
 * one after another, or with its last one, the create, beside the next uploads.
 */
function latencyBounds({control}: Emulator): {readonly workersMs: number; readonly uploadsMs: number} {
  const requests = control.requests().length;
  const once = requests % FILES;
  const perFile = (requests - once) / FILES;
  const rounds = Math.ceil(FILES / CONCURRENCY);
  return {
    workersMs: (once + perFile * rounds) * LATENCY_MS,
    uploadsMs: (once + (perFile - 1) * rounds + 1) * LATENCY_MS,
  };
}
