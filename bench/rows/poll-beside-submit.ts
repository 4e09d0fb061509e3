import {join} from 'node:path';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {JobStore} from '../../src/lib/store/job-store.js';
import {systemClock as clock} from '../../src/lib/system-clock.js';
import {quantile} from '../measure/statistics.js';
import {runChild} from '../measure/run-process.js';
import type {Figure, Row} from '../row.js';
import {writeStore} from '../support/records.js';

const OLD_JOBS = 1_000;
/** Of a busy submission: a create every 20 ms, which no service allows. */
const PAUSE_MS = 20;

/** How long a poll waits for a submission that writes to the same file. */
export const pollBesideSubmit: Row = {
  id: 'beside',
  title: 'Updates by a poll during a submission',
  how: `A submission in another process adds a job every ${PAUSE_MS} ms to a store of ${OLD_JOBS.toLocaleString('en')}; meanwhile each update is timed until it is durable. Afterwards every update and every new job must be there.`,
  async run({folder, pick}) {
    const path = join(folder, 'jobs.jsonl');
    const updates = pick(300, 2_000);
    await writeStore(path, OLD_JOBS);
    const store = JobStore.open(path, {command: 'bench', clock});
    let isOver = false;
    const added = pick(100, 500);
    const submission = runChild('add-jobs', [path, String(added), String(PAUSE_MS)], {cwd: folder}).then(
      () => (isOver = true),
    );
    const times: number[] = [];
    for (let i = 0; i < updates || !isOver; i += 1) times.push(await timedUpdate(store, i));
    await submission;
    return [latency(times), lost(store, {updates: times.length, added})];
  },
};

/** Raises the count of one job, in turn. */
async function timedUpdate(store: JobStore, update: number): Promise<number> {
  const raise = (job: JobRecord): JobRecord => ({...job, count: (job.count ?? 0) + 1});
  const startedMs = performance.now();
  await store.updateJobs(new Map([[`batches/old${(update % OLD_JOBS) + 1}`, raise]]));
  return performance.now() - startedMs;
}

function latency(times: readonly number[]): Figure {
  return {
    what: `p99 of ${times.length.toLocaleString('en')} updates`,
    against: null,
    value: quantile(times, 0.99),
    unit: 'ms',
    spread: {low: quantile(times, 0.25), high: quantile(times, 0.75), runs: times.length},
    target: {limit: 50, is: 'at most'},
    alarm: null,
    bars: [50, 90, 99].map((percent) => ({
      label: `p${percent}`,
      value: quantile(times, percent / 100),
      unit: 'ms',
    })),
  };
}

function lost(store: JobStore, {updates, added}: {updates: number; added: number}): Figure {
  const {records} = store.read();
  const counted = records.slice(0, OLD_JOBS).reduce((sum, {record}) => sum + (record.count ?? 0) - 1_000, 0);
  return {
    what: 'updates and new jobs that are lost',
    against: null,
    value: Math.abs(updates - counted) + Math.abs(OLD_JOBS + added - records.length),
    unit: 'lost',
    spread: null,
    target: {limit: 0, is: 'at most'},
    alarm: {limit: 0, is: 'at most'},
    bars: [],
  };
}
