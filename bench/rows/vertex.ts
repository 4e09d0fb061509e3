import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {createEmulator, type Emulator} from '../../src/emulator/http/server.js';
import {OPERATIONS} from '../../src/emulator/control/faults.js';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runCli} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';
import {requestLine, writeLines} from '../support/request-text.js';

const FILES = 23;
const FILE_BYTES = 1024 * 1024;
const LATENCY_MS = 100;

const SERVICES = {gemini: [], vertex: ['--vertex', '--bucket', 'gs://bucket/work']} as const;

/** What Vertex AI takes beside the Gemini API. */
export const vertex: Row = {
  id: 'vertex',
  title: 'Vertex AI beside the Gemini API',
  how: `Whole commands against the emulator, in turn: submit of ${FILES} files of 1 MiB with ${LATENCY_MS} ms per request, and of one small file without any, which is the start of the command with all that a service needs. No credentials are asked for at an address of this machine.`,
  async run(bench) {
    const emulator = await createEmulator({parentFolder: bench.folder, speed: 0});
    try {
      return await figures(bench, emulator);
    } finally {
      await emulator.close();
    }
  },
};

async function figures({folder, pick}: Bench, {control, url}: Emulator): Promise<Figure[]> {
  await mkdir(join(folder, 'files'));
  const write = (name: string, bytes: number): Promise<unknown> =>
    writeLines(join(folder, name), (key) => requestLine(`${name}-${key}`), {bytes});
  const names = Array.from({length: FILES}, (_, i) => `files/${i}.jsonl`);
  for (const name of names) await write(name, FILE_BYTES);
  await write('small.jsonl', 1_000);
  const env = {
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: 'bench',
    GOOGLE_VERTEX_BASE_URL: url,
    STORAGE_EMULATOR_HOST: url,
    GOOGLE_CLOUD_PROJECT: 'bench',
  };
  let runs = 0;
  const submit = async (
    files: readonly string[],
    flags: readonly string[],
    latencyMs: number,
  ): Promise<number> => {
    await control.reset();
    if (latencyMs > 0)
      for (const on of OPERATIONS) control.fault({on, fault: {kind: 'latency', ms: latencyMs}, times: null});
    runs += 1;
    const common = ['--model', 'gemini-2.5-flash-lite', '--job-info', `jobs-${runs}.jsonl`, '--quiet'];
    return (await runCli(['submit', ...files, ...common, ...flags], {cwd: folder, env})).ms;
  };
  const many = await inTurn(pick(1, 5), {
    gemini: () => submit(names, SERVICES.gemini, LATENCY_MS),
    vertex: () => submit(names, SERVICES.vertex, LATENCY_MS),
  });
  const start = await inTurn(pick(3, 11), {
    gemini: () => submit(['small.jsonl'], SERVICES.gemini, 0),
    vertex: () => submit(['small.jsonl'], SERVICES.vertex, 0),
  });
  const beside = (what: string, values: typeof many, target: Figure['target']): Figure =>
    ratioFigure({
      what: `${what} to Vertex AI`,
      against: `${what} to the Gemini API`,
      values: values.vertex,
      base: values.gemini,
      unit: 'ms',
      target,
    });
  return [
    beside(`submit of ${FILES} files`, many, {limit: 1.25, is: 'at most'}),
    beside('submit of one small file', start, null),
  ];
}
