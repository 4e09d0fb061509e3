import {createEmulator, type Emulator} from '../../src/emulator/http/server.js';
import {memoryFigure} from '../measure/memory-figure.js';
import {peakMemoryOfCli} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';

const OBJECT_BYTES = 10_000_000;
const REQUESTS = 1_000;
/** Objects on one page of a list of Cloud Storage. */
const PAGE = 1_000;
const MEMORY_LIMIT_MIB = 512;

/** What a run over data takes that stays in its bucket. */
export const bucket: Row = {
  id: 'bucket',
  title: 'Objects of 10 MB in a bucket, run where they are',
  how: 'The whole command, run gs://… --vertex, against the emulator, which makes the bytes of objects and results only when they are read. Results stay in the bucket; each folder of results is listed once. GEMBATCH_BENCH_OBJECTS says how many objects there are.',
  async run(bench) {
    const emulator = await createEmulator({
      parentFolder: bench.folder,
      speed: 100,
      behaviour: {pending_ms: 0, running_ms: 1_000},
    });
    try {
      return await figures(bench, emulator);
    } finally {
      await emulator.close();
    }
  },
};

async function figures({folder, pick}: Bench, {control, url}: Emulator): Promise<Figure[]> {
  const count = Number(process.env['GEMBATCH_BENCH_OBJECTS'] ?? pick(300, 1_500));
  control.makeObjects({
    address: 'gs://bucket/in/%06d.jsonl',
    count,
    size_bytes: OBJECT_BYTES,
    requests: REQUESTS,
  });
  const env = {GOOGLE_VERTEX_BASE_URL: url, STORAGE_EMULATOR_HOST: url, GOOGLE_CLOUD_PROJECT: 'bench'};
  const flags = ['--vertex', '--bucket', 'gs://bucket/work', '--model', 'gemini-2.5-flash-lite'];
  const peak = await peakMemoryOfCli(
    ['run', 'gs://bucket/in/*.jsonl', ...flags, '--interval', '1s', '--quiet'],
    {cwd: folder, env},
  );
  const requests = control.requests();
  const listed = control.counts()['files.list'] ?? 0;
  const read = requests
    .filter(({operation}) => operation === 'files.download')
    .reduce((sum, {response_bytes: bytes}) => sum + bytes, 0);
  const what = `${count.toLocaleString('en')} objects, ${(count * OBJECT_BYTES) / 1e9} GB`;
  return [
    memoryFigure(what, [peak], MEMORY_LIMIT_MIB),
    exactly(`${what}: jobs that were paid`, control.paid().length, {of: count, unit: 'jobs'}),
    exactly(`${what}: list calls, one for a page of objects and one for the results of each job`, listed, {
      of: Math.ceil(count / PAGE) + count,
      unit: 'calls',
    }),
    exactly(`${what}: bytes of requests and results that were read`, read, {of: 0, unit: 'bytes'}),
  ];
}

function exactly(
  what: string,
  value: number,
  {of, unit}: {readonly of: number; readonly unit: string},
): Figure {
  const target = {limit: of, is: 'at most'} as const;
  return {what, against: null, value, unit, spread: null, target, alarm: target, bars: []};
}
