// One of many that use one job-info file; argv[2] holds `ShareOptions`. A poller counts up the records of shared jobs, a
// submitter adds jobs in sessions, a reader looks at the file until its stdin ends. What has been acknowledged, and what a
// reader must never see, goes to the log.
import {appendFileSync, readFileSync} from 'node:fs';
import type {JobRecord} from '../../../src/lib/domain/job/job-record.js';
import {realClock} from '../../lib/store/clocks.js';
import {addJob} from '../../lib/store/records.js';
import {FOREIGN_LINES, SHARED_JOBS, type ShareOptions} from '../support/shared-file.js';
import {storeModules} from './store-modules.js';

const {src, path, log, name, role, from, to}: ShareOptions = JSON.parse(process.argv[2] ?? '');
const {JobStore} = await storeModules(src);
// Short pauses, so that as many as can meet do.
const clock = {...realClock, sleep: (ms: number) => realClock.sleep(ms / 20)};
const store = JobStore.open(path, {command: name, clock});

if (role === 'poller') for (let round = from; round < to; round += 1) await countUp(round);
else if (role === 'submitter') for (let round = from; round < to; round += 5) await submitFrom(round);
else await readOn();

/** Adds one to two of the shared jobs in one commit. */
async function countUp(round: number): Promise<void> {
  const values = new Map<string, number>();
  const changeOf = (job: string) => (record: JobRecord) => {
    values.set(job, (record.count ?? 0) + 1);
    return {...record, count: (record.count ?? 0) + 1};
  };
  const jobs = [round, round * 7 + 1].map((number) => SHARED_JOBS[number % SHARED_JOBS.length] ?? '');
  await store.updateJobs(new Map(jobs.map((job) => [`batches/${job}`, changeOf(job)])));
  note(...Array.from(values, ([job, value]) => `counted ${job} ${value}`), `round ${round}`);
}

/** Adds a few jobs in a session. A killed one may have left some behind; those get other names. */
async function submitFrom(round: number): Promise<void> {
  await store.withSession({timeoutMs: null}, async (session) => {
    for (const {attempt} of session.snapshot().openIntents) session.abort(attempt, 'its process was killed');
    for (let number = round; number < Math.min(round + 5, to); number += 1) {
      const job = `${name}-${process.pid}-${number}`;
      addJob(session, job);
      note(`added ${job}`, `round ${number}`);
    }
  });
}

async function readOn(): Promise<void> {
  let isOver = false;
  process.stdin.on('end', () => (isOver = true)).resume();
  const counts = new Map<string, number>();
  let reads = 0;
  for (; !isOver; reads += 2) {
    readBytes();
    readRecords(counts);
    await realClock.sleep(1);
  }
  process.stdout.write(`${reads}\n`);
}

/** Every line is a whole record, or one of the foreign lines as it always was. */
function readBytes(): void {
  const lines = readFileSync(path, 'latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const foreign = lines.filter((line) => !isRecord(line));
  if (foreign.join('\n') !== FOREIGN_LINES.join('\n')) note(`saw ${JSON.stringify(foreign)}`);
}

function isRecord(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'batch' in value;
  } catch {
    return false;
  }
}

/** No record goes away, and no count goes back. */
function readRecords(counts: Map<string, number>): void {
  const now = new Map(store.read().records.map(({record}) => [record.batch.name, record.count ?? 0]));
  for (const [job, count] of counts) {
    if ((now.get(job) ?? -1) < count) note(`saw ${job} go from ${count} to ${now.get(job) ?? 'nothing'}`);
  }
  for (const [job, count] of now) counts.set(job, count);
}

function note(...what: string[]): void {
  appendFileSync(log, what.map((one) => `${name} ${one}\n`).join(''));
}
