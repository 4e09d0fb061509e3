/**
 * Power cuts by model: the file operations and creates of the real command are recorded, and for each moment every state of
 * the disk that a power cut may leave is built and read by the real store.
 */
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {JobStore} from '../../src/lib/store/job-store.js';
import {systemClock} from '../../src/lib/system-clock.js';
import {attackTest, weakenedTest, type Attack} from './support/attack.js';
import {FAST, FAST_RUN, noteFaults, SUBMIT} from './support/commands.js';
import {DiskModel, type DiskState, type NameOrder} from './support/disk-model.js';
import {amount} from './support/form.js';
import {OLD_LINES, Trial, type TracedStep} from './support/trial.js';
import {weakenedBuild, type Weakening} from './support/weakened-build.js';

/** What a command did, and from what it started. */
interface Recording {
  readonly folder: string;
  readonly before: DiskState;
  readonly steps: readonly TracedStep[];
  /** Attempts that were paid before. */
  readonly paidBefore: readonly string[];
}

for (const order of ['any', 'ordered'] as const) {
  const names = order === 'any' ? 'names in any order' : 'names in order';
  attackTest(
    {group: 'power cut (model)', attack: `submit of 3 files, ${names}`, unit: 'states'},
    async (attack) => {
      for (let round = 0; round < amount({short: 1, whole: 10}); round += 1)
        checkEveryState(attack, await recordSubmit(), order);
    },
  );
  attackTest(
    {group: 'power cut (model)', attack: `recovery from a kill, ${names}`, unit: 'states'},
    async (attack) => {
      for (let round = 0; round < amount({short: 1, whole: 10}); round += 1)
        checkEveryState(attack, await recordRecovery(), order);
    },
  );
  attackTest(
    {group: 'power cut (model)', attack: `run of 2 files to their results, ${names}`, unit: 'states'},
    async (attack) => {
      for (let round = 0; round < amount({short: 1, whole: 5}); round += 1)
        checkEveryState(attack, await recordRun(), order);
    },
  );
}

const WEAKENINGS: readonly (Weakening & {readonly name: string})[] = [
  {
    name: 'no fsync',
    file: 'lib/store/file/file-io.js',
    find: 'fsync: fsyncSync',
    replace: 'fsync: () => {}',
  },
  {
    name: 'folders are not synced',
    file: 'lib/store/file/file-steps.js',
    find: 'if (io.isWindows)\n        return;\n    const descriptor',
    replace: 'return;\n    const descriptor',
  },
  {
    name: 'the intent is written after the create',
    file: 'lib/workflows/submit/create-job.js',
    find: /session\.intend\(intent\);\n(\s+answer = await [^\n]+)/,
    replace: '\n$1\nsession.intend(intent);',
  },
];

for (const {name, ...weakening} of WEAKENINGS) {
  weakenedTest({group: 'power cut (model)', attack: name, unit: 'states'}, async (attack) => {
    const build = weakenedBuild([weakening]);
    try {
      checkEveryState(attack, await recordSubmit(build.bin), 'any');
    } finally {
      build.remove();
    }
  });
}

function recordSubmit(bin?: string): Promise<Recording> {
  return recording({files: 3}, async (trial, start) => {
    start();
    await trial.run(SUBMIT, bin === undefined ? {} : {bin});
  });
}

function recordRecovery(): Promise<Recording> {
  return recording({files: 3}, async (trial, start) => {
    trial.emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_after'}});
    trial.emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_before'}});
    await trial.killWhen(SUBMIT, () => trial.emulator.control.counts()['batches.create'] === 3);
    start();
    await trial.run(SUBMIT, FAST);
  });
}

function recordRun(): Promise<Recording> {
  return recording({files: 2, speed: 100}, async (trial, start) => {
    start();
    await trial.run(FAST_RUN, FAST);
  });
}

/** Records the last command of `work`, which says when it starts. */
async function recording(
  options: {readonly files: number; readonly speed?: number},
  work: (trial: Trial, start: () => void) => Promise<void>,
): Promise<Recording> {
  let recorded: Recording | undefined;
  await Trial.with(options, async (trial) => {
    let before: DiskState = new Map();
    let paidBefore: readonly string[] = [];
    await work(trial, () => {
      before = storeFilesOf(trial.folder);
      paidBefore = trial.paidAttempts();
    });
    recorded = {folder: trial.folder, before, paidBefore, steps: trial.trace()};
  });
  if (recorded === undefined) throw new Error('Nothing was recorded.');
  return recorded;
}

/** The job-info file, its journal and its temporary files. Locks do not matter: after a power cut their owners are dead. */
function isStoreFile(name: string): boolean {
  return name.startsWith('job-info.jsonl') && !/\.lock/.test(name);
}

function storeFilesOf(folder: string): DiskState {
  const names = readdirSync(folder).filter(isStoreFile);
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

function checkEveryState(
  attack: Attack,
  {folder, before, steps, paidBefore}: Recording,
  order: NameOrder,
): void {
  const model = new DiskModel(before);
  const paid = [...paidBefore];
  const seen = new Set<string>();
  for (const step of steps) {
    if (step.attempt !== undefined) paid.push(step.attempt);
    const isFolder = step.path === folder;
    if (isFolder || isStoreFile(basename(step.path ?? ''))) model.apply(step, isFolder);
    else if (step.attempt === undefined) continue;
    for (const state of model.statesAfterCut(order)) {
      if (attack.hasFoundEnough) return;
      if (isNew(seen, state, paid.length)) {
        attack.tried();
        noteFaults(
          attack,
          `after ${step.op} ${basename(step.path ?? '')} (${step.n ?? ''})`,
          lossesIn(state, paid),
        );
      }
    }
  }
}

function isNew(seen: Set<string>, state: DiskState, paidCount: number): boolean {
  const hash = createHash('sha256').update(String(paidCount));
  for (const [name, bytes] of [...state].toSorted(([a], [b]) => a.localeCompare(b)))
    hash.update(`\0${name}\0${bytes.length}\0`).update(bytes);
  const digest = hash.digest('base64');
  if (seen.has(digest)) return false;
  seen.add(digest);
  return true;
}

/** Jobs that may be paid and of which this state does not know, and lines that were there before and are not. */
function lossesIn(state: DiskState, paid: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gembatch-state-'));
  try {
    for (const [name, bytes] of state) writeFileSync(join(folder, name), bytes);
    const path = join(folder, 'job-info.jsonl');
    const {records, openIntents} = JobStore.open(path, {command: 'crash suite', clock: systemClock}).read();
    const known = new Set([
      ...records.map(({record}) => record.attempt),
      ...openIntents.map(({attempt}) => attempt),
    ]);
    const unknown = paid
      .filter((attempt) => !known.has(attempt))
      .map((attempt) => `paid and unknown: ${attempt}`);
    const hasOldLines = state.get('job-info.jsonl')?.toString().startsWith(OLD_LINES) === true;
    return hasOldLines ? unknown : [...unknown, 'old lines are lost'];
  } finally {
    rmSync(folder, {recursive: true});
  }
}
