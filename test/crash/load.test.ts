/**
 * Load: thousands of files and jobs, with a service that spoils one call of a hundred in every way there is. Commands end by
 * themselves, everything is accounted for, memory does not grow with what passes through, and the service is not flooded.
 */
import {createHash} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {LoggedRequest} from '../../src/emulator/control/call-log.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import type {PollSummary} from '../../src/lib/workflows/poll/poll-report.js';
import type {FileOutcome, SubmitResult} from '../../src/lib/workflows/submit/submit-report.js';
import {keysOf, type JobFixture} from '../helpers/job-fixture.js';
import {requestFiles} from '../helpers/request-files.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {attackTest, type Attack} from './support/attack.js';
import {amount, SEED} from './support/form.js';
import {hurriedCli, type HurriedResult} from './support/hurried-cli.js';
import {FAILING_WAVE, jobLoad, REQUESTS, waveOf, WAVES} from './support/job-load.js';
import {errorsEverywhere} from './support/service-errors.js';

const FILES = amount({short: 200, whole: 2_000});
const JOBS = amount({short: 1_000, whole: 10_000});
/** A tenth of the load, to compare memory with. */
const FRACTION = 10;
const ERROR_SHARE = 0.01;
/** Waits of the commands, and the service, are so many times as fast. */
const SPEED = 30;
const CONCURRENCY = 8;
/** Downloads, and deletions of one kind, at once; and calls that were given up, which the service has not noticed yet. */
const MOST_TRANSFERS = 3;
const MOST_GIVEN_UP = 3;
/** What one call of a list tells of, and how often all of the list may be asked for: every 30 s, or a fifth sooner. */
const JOBS_PER_PAGE = 100;
const MOST_LOOKS_A_MINUTE = 3;
/** Far more than it takes to read ten thousand records, far less than reading them for each. */
const MOST_SECONDS = 30;
/** What a record may take, and what collecting garbage late may. */
const MIB_PER_RECORD = 0.016;
const SLACK_MIB = 128;
/** A file whose create came to nothing fails in its run; the next run submits it. */
const MOST_RUNS = 8;

attackTest(
  {group: 'load', attack: 'submit with 1 % of all requests failing in every way', unit: 'files'},
  async (attack) => {
    const small = await submitAll(attack, FILES / FRACTION);
    const large = await submitAll(attack, FILES);
    attack.tried(FILES);
    compareMemory(attack, {small, large}, FILES - FILES / FRACTION);
  },
);

attackTest(
  {group: 'load', attack: 'poll with 1 % of all requests failing in every way', unit: 'jobs'},
  async (attack) => {
    const small = await pollAll(attack, JOBS / FRACTION);
    const large = await pollAll(attack, JOBS);
    attack.tried(JOBS);
    compareMemory(attack, {small, large}, JOBS - JOBS / FRACTION);
  },
);

/** Submits so many files, as often as it takes. @returns the run that had most to do. */
async function submitAll(attack: Attack, files: number): Promise<HurriedResult> {
  const folder = await tempDir();
  await requestFiles(join(folder, 'in'), files);
  const {emulator, env} = await useEmulator({
    speed: SPEED,
    seed: SEED,
    behaviour: {max_concurrent_jobs: files, pending_ms: 86_400_000},
  });
  errorsEverywhere(emulator, ERROR_SHARE);

  const args = ['submit', 'in/*.jsonl', '--model', MODEL, '--concurrency', String(CONCURRENCY), '--json'];
  const runs: HurriedResult[] = [];
  do {
    const run = await hurriedCli(args, {cwd: folder, env, speed: SPEED});
    runs.push(run);
    checkSubmitRun(attack, emulator, run);
  } while (runs.at(-1)?.code !== 0 && runs.length < MOST_RUNS);
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined) throw new Error('Nothing ran.');
  if (last?.code !== 0) attack.violation(`not done after ${MOST_RUNS} runs: ${last?.stdout}`);
  await checkAccounts(attack, emulator, {folder, files});
  const {length} = emulator.control.requests();
  attack.note(`${files}: ${runs.length} runs, ${length} calls, ${first.seconds.toFixed(0)} s`);
  return first;
}

/** Every file has one job, paid once and recorded. */
async function checkAccounts(
  attack: Attack,
  {control}: Emulator,
  {folder, files}: {readonly folder: string; readonly files: number},
): Promise<void> {
  const known = new Set((await records(folder)).map(({batch}) => batch.name));
  const paid = control.paid();
  if (new Set(paid.map(({sha256}) => sha256)).size !== files || paid.length !== files)
    attack.violation(`${paid.length} jobs were paid for ${files} files`);
  for (const {name} of paid) if (!known.has(name)) attack.violation(`${name} is paid and not recorded`);
  if (known.size !== files) attack.violation(`${known.size} jobs are recorded for ${files} files`);
  if (existsSync(join(folder, 'job-info.jsonl.journal'))) attack.violation('the journal is left');
  const peak = control.peak('batches.create');
  if (peak > 2 * CONCURRENCY - 1) attack.violation(`${peak} creates at once`);
  const uploads = control.peak('upload.start');
  if (uploads > CONCURRENCY) attack.violation(`${uploads} uploads at once`);
  const creates = control.counts()['batches.create'] ?? 0;
  if (creates > files * 1.1 + 5) attack.violation(`${creates} creates for ${files} files`);
}

/** Compares what a run says of each file with what was paid. */
function checkSubmitRun(attack: Attack, {control}: Emulator, run: HurriedResult): void {
  const {files, summary} = run.json() as SubmitResult;
  const paid = new Set(control.paid().map(({name}) => name));
  const shas = new Set(control.paid().map(({sha256}) => sha256));
  const outcomes = new Set<FileOutcome['outcome']>();
  for (const {file, sha256, outcome, job, error} of files) {
    outcomes.add(outcome);
    const isTrue = job === undefined ? outcome === 'unclear' || !shas.has(sha256 ?? '') : paid.has(job.name);
    if (!isTrue) attack.violation(`${file} is called ${outcome}, wrongly: ${job?.name} ${error?.message}`);
  }
  const isDone = !outcomes.has('failed') && !outcomes.has('unclear') && !outcomes.has('not_started');
  if (run.code !== summary.exit_code || (run.code === 0) !== isDone)
    attack.violation(`exit code ${run.code} with ${JSON.stringify(summary)} ${run.stderr}`);
}

/** Follows so many jobs to their end, in one run. */
async function pollAll(attack: Attack, jobs: number): Promise<HurriedResult> {
  const fixture = await jobLoad(jobs);
  const {emulator, folder, options} = fixture;
  const {control} = emulator;
  const asked = control.requests().length;
  errorsEverywhere(emulator, ERROR_SHARE);
  control.setSpeed(SPEED);
  const run = await hurriedCli(['poll', '--json'], {...options, speed: SPEED});
  const requests = control.requests().slice(asked);
  checkSummary(attack, run, jobs);
  checkRestraint(attack, emulator, {requests, jobs});

  const kept = await records(folder);
  if (kept.length !== jobs) attack.violation(`${kept.length} records of ${jobs}`);
  const remote = new Set(control.jobs());
  for (const record of kept) checkPolled(attack, fixture, record, remote);
  attack.note(`${jobs}: ${requests.length} calls, ${run.seconds.toFixed(0)} s`);
  if (jobs === JOBS) await readInventory(attack, fixture);
  return run;
}

function checkSummary(attack: Attack, {code, stdout, stderr}: HurriedResult, jobs: number): void {
  const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as PollSummary;
  const {ended, done, failed, rows, exit_code: exitCode} = summary;
  const failing = jobs / WAVES;
  const isTrue = done === jobs - failing && failed === failing && rows.ok === done * REQUESTS;
  if (!isTrue || ended !== 'finished' || code !== EXIT.partial || exitCode !== code)
    attack.violation(`exit code ${code} with ${JSON.stringify(summary)} ${stderr}`);
}

/** Looks how much was asked of the service at once, and in its busiest minute. */
function checkRestraint(
  attack: Attack,
  {control}: Emulator,
  {requests, jobs}: {readonly requests: readonly LoggedRequest[]; readonly jobs: number},
): void {
  for (const operation of ['files.download', 'files.delete', 'batches.delete'] as const) {
    const peak = control.peak(operation);
    if (peak > MOST_TRANSFERS + MOST_GIVEN_UP) attack.violation(`${peak} of ${operation} at once`);
  }
  const questions = requests.filter(
    ({operation}) => operation === 'batches.list' || operation === 'batches.get',
  );
  const mostInOne = Math.ceil(jobs / JOBS_PER_PAGE) * MOST_LOOKS_A_MINUTE;
  const busiest = busiestMinute(questions);
  if (busiest > mostInOne * 1.1 + 10) attack.violation(`${busiest} questions in a minute for ${jobs} jobs`);
  if (jobs === JOBS) attack.note(`at most ${busiest} questions a minute`);
}

/** The most requests within a minute of the emulated time. */
function busiestMinute(requests: readonly LoggedRequest[]): number {
  const minuteMs = 60_000 / SPEED;
  let first = 0;
  let most = 0;
  for (const [index, {at_ms: atMs}] of requests.entries()) {
    while ((requests[first]?.at_ms ?? atMs) < atMs - minuteMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

function checkPolled(
  attack: Attack,
  {folder}: JobFixture,
  record: JobRecord,
  remote: ReadonlySet<string>,
): void {
  const {input_file: file, results, batch} = record;
  if (waveOf(file) === FAILING_WAVE) {
    const isTrue = batch.state === 'JOB_STATE_FAILED' && results === undefined && remote.has(batch.name);
    if (!isTrue) attack.violation(`it failed: ${JSON.stringify(record)}`);
    return;
  }
  if (results === undefined) {
    attack.violation(`no results: ${JSON.stringify(record)}`);
    return;
  }
  const text = readFileSync(join(folder, results.file), 'utf8');
  const isRecorded = createHash('sha256').update(text).digest('hex') === results.sha256;
  if (!isRecorded || keysOf(text).join() !== 'r1,r2') attack.violation(`${file}: ${text}`);
}

/** The commands that look at all records, none of which may take long. */
async function readInventory(attack: Attack, {options, emulator}: JobFixture): Promise<void> {
  emulator.control.clearFaults();
  for (const command of ['list', 'results', 'retry --dry-run', 'cleanup --dry-run']) {
    const {code, seconds, stderr} = await hurriedCli([...command.split(' '), '--json'], {
      ...options,
      speed: SPEED,
    });
    if (code === null || code > EXIT.running) attack.violation(`${command}: exit ${code}: ${stderr}`);
    if (seconds > MOST_SECONDS) attack.violation(`${command} took ${seconds.toFixed(0)} s`);
    attack.note(`${command} ${seconds.toFixed(1)} s`);
  }
}

function compareMemory(
  attack: Attack,
  runs: {readonly small: HurriedResult; readonly large: HurriedResult},
  more: number,
): void {
  const [small, large] = [runs.small.peakBytes / 2 ** 20, runs.large.peakBytes / 2 ** 20];
  attack.note(`${small.toFixed(0)} and ${large.toFixed(0)} MiB at most`);
  if (large > small + SLACK_MIB + more * MIB_PER_RECORD) attack.violation(`${small} MiB became ${large} MiB`);
}
