import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createEmulator} from '../../src/emulator/http/server.js';
import {runCli} from '../measure/run-process.js';
import type {Figure, Row} from '../row.js';
import {record} from '../support/records.js';
import {createJobs} from '../support/create-jobs.js';

/** Exit code of a poll that leaves jobs which are not over. */
const RUNNING = 4;
const SIZES = [1, 10, 100, 1_000] as const;
const LIMIT = 12;

/** How often the service is asked. */
export const pollCalls: Row = {
  id: 'calls',
  title: 'API calls of a poll cycle',
  how: 'gembatch poll --once against the emulator, which counts them; no job is over.',
  async run({folder}) {
    const figures: Figure[] = [];
    for (const size of SIZES) figures.push(await callsFor(folder, size));
    return figures;
  },
};

async function callsFor(folder: string, jobs: number): Promise<Figure> {
  const emulator = await createEmulator({
    parentFolder: folder,
    speed: 0,
    behaviour: {max_concurrent_jobs: jobs},
  });
  const names = await createJobs(emulator.url, jobs);
  const lines = names.map((name, i) => {
    const known = record(`${jobs}-${i}`);
    return `${JSON.stringify({...known, batch: {...known.batch, name, display_name: `job ${i}`}})}\n`;
  });
  const path = join(folder, `${jobs}.jsonl`);
  await writeFile(path, lines.join(''));
  const before = emulator.control.requests().length;
  const env = {GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'bench'};
  await runCli(['poll', '--once', '--job-info', path], {cwd: folder, env, codes: [RUNNING]});
  const value = emulator.control.requests().length - before;
  await emulator.close();
  return {
    what: `calls for ${jobs.toLocaleString('en')} unfinished jobs`,
    against: null,
    value,
    unit: 'calls',
    spread: null,
    target: {limit: LIMIT, is: 'at most'},
    alarm: {limit: LIMIT, is: 'at most'},
    bars: [{label: `${jobs.toLocaleString('en')} jobs`, value, unit: 'calls'}],
  };
}
