/**
 * The queue of `run`: more files than may be open at once, with kills at random. It ends by itself, each file is paid once,
 * never are more jobs open than may be, and the time is near that of a schedule that knows everything.
 */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, startCli, type RunningCli} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {attackTest, type Attack} from './support/attack.js';
import {amount} from './support/form.js';
import {untilDone} from './support/until-done.js';

const FILES = amount({short: 40, whole: 300});
const CAP = amount({short: 10, whole: 20});
const KILLS = amount({short: 2, whole: 6});
/** Emulated time, and the waits of the commands, are so many times as fast. */
const SPEED = 60;
/** How long each job takes, in emulated milliseconds. */
const JOB_MS = 900_000;
/** How long all takes at best: the cap is full at any time. */
const BEST_MS = (FILES / CAP) * JOB_MS;
/** Of the whole form alone, on a quiet machine: its time runs faster, and so does what a busy one takes. */
const MOST_TIMES_BEST = amount({short: Infinity, whole: 1.3});

interface Terms {
  /** Runs that go on side by side. */
  readonly runs: number;
  /** What the service takes; the runs are told of it or find out. */
  readonly serviceCap: number;
  readonly flags: readonly string[];
}

attackTest(
  {group: 'queue', attack: 'run with a cap of open jobs, killed at random', unit: 'files'},
  (attack) => runAll(attack, {runs: 1, serviceCap: 1_000, flags: ['--max-open-jobs', String(CAP)]}),
);

attackTest(
  {
    group: 'queue',
    attack: 'two runs side by side, killed at random, with a cap that they find out',
    unit: 'files',
  },
  (attack) => runAll(attack, {runs: 2, serviceCap: CAP, flags: []}),
);

async function runAll(attack: Attack, {runs, serviceCap, flags}: Terms): Promise<void> {
  const folder = await tempDir();
  await requestFiles(folder, FILES);
  const {emulator, env} = await useEmulator({
    speed: SPEED,
    seed: 1,
    behaviour: {pending_ms: JOB_MS / 3, running_ms: (JOB_MS * 2) / 3, max_concurrent_jobs: serviceCap},
  });
  const start = (): RunningCli =>
    startCli(['run', '*.jsonl', '--model', MODEL, ...flags], {
      cwd: folder,
      env: {...env, GEMBATCH_TEST_SPEED: String(SPEED)},
      nodeArgs: FAST_CLOCK,
    });
  const kills = Math.ceil(KILLS / runs);
  const pauseMs = BEST_MS / SPEED / (kills + 1);
  const startedMs = performance.now();
  const ends = await Promise.all(
    Array.from({length: runs}, () => untilDone(attack, start, {kills, pauseMs, codes: [EXIT.ok]})),
  );
  const tookMs = (performance.now() - startedMs) * SPEED;
  attack.tried(FILES);
  const times = tookMs / BEST_MS;
  attack.note(`${times.toFixed(2)} × the best time, ${ends.reduce((sum, kills) => sum + kills, 0)} kills`);
  if (times > MOST_TIMES_BEST) attack.violation(`${times.toFixed(2)} times as long as it takes at best`);
  await checkAccounts(attack, emulator, folder);
}

/** Every file has one job, paid once and recorded, and its result. */
async function checkAccounts(attack: Attack, {control}: Emulator, folder: string): Promise<void> {
  const paid = control.paid();
  if (paid.length !== FILES || new Set(paid.map(({sha256}) => sha256)).size !== FILES)
    attack.violation(`${paid.length} jobs were paid for ${FILES} files`);
  const stored = await records(folder);
  const known = new Set(stored.map(({batch}) => batch.name));
  for (const {name} of paid) if (!known.has(name)) attack.violation(`${name} is paid and not recorded`);
  for (const {input_file: file, results} of stored) {
    if (results === undefined || !existsSync(join(folder, results.file)))
      attack.violation(`${file} has no result`);
  }
  const {jobs} = control.openPeaks();
  attack.note(`${jobs} open at most, ${control.counts()['batches.create'] ?? 0} creates`);
  if (jobs > CAP) attack.violation(`${jobs} jobs were open at once`);
}
