/** Real disks that are full, read-only or lose their power under a command; then the same command is run again. */
import {readdirSync, utimesSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {EXIT} from '../../src/lib/domain/errors.js';
import {until} from '../helpers/until.js';
import {
  attackTest,
  eachOf,
  skippedTest,
  weakenedTest,
  type Attack,
  type AttackTitle,
} from './support/attack.js';
import {FAST, noteFaults, SUBMIT} from './support/commands.js';
import {Disk, whyNoDisks} from './support/disks.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';
import {weakenedBuild} from './support/weakened-build.js';

const WHY_NOT = whyNoDisks();

function diskTest(title: AttackTitle, work: (attack: Attack) => Promise<void>): void {
  if (WHY_NOT === undefined) attackTest(title, work);
  else skippedTest(title, WHY_NOT);
}

/** What a disk in memory gives out at a time. */
const PAGE_BYTES = 4_096;
const DISK_BYTES = 256 * 1024;
const FILES = 8;
const LEVELS = Array.from({length: amount({short: 5, whole: 14})}, (_, pages) => pages);
/** The jobs of a trial alone; it has an old one besides, which was cancelled. */
const POLL = ['poll', ...Array.from({length: FILES}, (_, i) => `00${i + 1}.jsonl`), '--interval', '80s'];
/** How many disks are used at once; most of the time of a trial is that of its commands. */
const WIDTH = 2;

diskTest({group: 'disk', attack: 'full under a submit of 8 files', unit: 'levels'}, async (attack) => {
  const made: number[] = [];
  await eachOf(LEVELS, WIDTH, (pages) =>
    Disk.inMemory(DISK_BYTES, (disk) =>
      Trial.with({files: FILES, parent: disk.folder}, async (trial) => {
        const what = `${pages} pages free`;
        disk.fill(pages * PAGE_BYTES);
        const {code, stdout, stderr} = await trial.run(SUBMIT, FAST);
        const paid = trial.paidAttempts().length;
        made[pages] = paid;
        noteFaults(attack, what, trial.lossesNow());
        expectTruth(attack, what, {code, said: stderr + stdout, left: FILES - trial.records().length});
        disk.makeRoom();
        await expectRecovery(attack, trial, what);
      }),
    ),
  );
  attack.note(`with 0, 1, … pages free: ${made.join(', ')} paid`);
});

const FULL_POLL = {group: 'disk', attack: 'full under a poll of 8 jobs', unit: 'levels'};

diskTest(FULL_POLL, (attack) => pollOnFullDisk(attack, () => undefined));

diskTest({...FULL_POLL, attack: `${FULL_POLL.attack}, whose names are taken`}, (attack) =>
  pollOnFullDisk(attack, (trial) => trial.takeResultNames()),
);

/** A poll on disks of all levels, and again with room. */
async function pollOnFullDisk(attack: Attack, prepare: (trial: Trial) => void): Promise<void> {
  const made: number[] = [];
  await eachOf(LEVELS, WIDTH, (pages) =>
    Disk.inMemory(DISK_BYTES, (disk) =>
      Trial.with({files: FILES, parent: disk.folder}, async (trial) => {
        const what = `${pages} pages free`;
        await trial.run(SUBMIT, FAST);
        trial.emulator.control.advance(600_000);
        prepare(trial);
        disk.fill(pages * PAGE_BYTES);
        const {code, stdout, stderr} = await trial.run(POLL, FAST);
        const missing = trial.missingResults().length;
        made[pages] = FILES - missing;
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        expectTruth(attack, what, {code, said: stderr + stdout, left: missing});
        disk.makeRoom();
        const again = await trial.run(POLL, FAST);
        noteFaults(attack, what, [...trial.lossesOfResults(), ...trial.missingResults()]);
        if (again.code !== 0) attack.violation(`${what}, then room: exit ${again.code}: ${again.stderr}`);
        attack.tried();
      }),
    ),
  );
  attack.note(`with 0, 1, … pages free: ${made.join(', ')} fetched`);
}

diskTest({group: 'disk', attack: 'read-only under a submit', unit: 'runs'}, async (attack) => {
  await Disk.inMemory(DISK_BYTES, (disk) =>
    Trial.with({files: FILES, parent: disk.folder}, async (trial) => {
      disk.setReadOnly(true);
      const {code, stderr} = await trial.run(SUBMIT, FAST);
      const paid = trial.paidAttempts().length;
      if (paid > 0 || code !== EXIT.storage) attack.violation(`${paid} paid, exit ${code}: ${stderr}`);
      disk.setReadOnly(false);
      await expectRecovery(attack, trial, 'read-only');
    }),
  );
});

const POWER_CUT = {group: 'disk', attack: 'power cuts on ext4 during a submit of 8 files', unit: 'cuts'};

diskTest(POWER_CUT, (attack) => cutOften(attack, amount({short: 6, whole: 120})));

if (WHY_NOT === undefined) {
  weakenedTest({...POWER_CUT, attack: 'power cuts on ext4 without fsync'}, async (attack) => {
    const build = weakenedBuild([
      {file: 'lib/store/file/file-io.js', find: 'fsync: fsyncSync', replace: 'fsync: () => undefined'},
    ]);
    try {
      await cutOften(attack, amount({short: 2, whole: 40}), build.bin);
    } finally {
      build.remove();
    }
  });
}

/** Each trial has a disk of its own, which loses its power after some of the files were paid. */
async function cutOften(attack: Attack, cuts: number, bin?: string): Promise<void> {
  let paid = 0;
  let inSession = 0;
  await eachOf(
    Array.from({length: cuts}, (_, cut) => cut),
    WIDTH,
    () =>
      Disk.inFile((disk) =>
        Trial.with({files: FILES, parent: disk.folder}, async (trial) => {
          disk.sync();
          const atPaid = Math.floor(attack.random() * FILES);
          const laterMs = attack.random() * 40;
          const build = bin === undefined ? {} : {bin};
          const submit = trial.start(SUBMIT, build);
          await until(() => trial.emulator.control.counts()['batches.create'] !== undefined);
          await until(() => trial.paidAttempts().length >= atPaid);
          await delay(laterMs);
          disk.cut();
          submit.process.kill('SIGKILL');
          await submit.ended;
          const before = trial.paidAttempts().length;
          paid += before;
          if (before < FILES) inSession += 1;
          disk.restart();
          makeOlderThanStart(trial.jobInfo);
          const what = `cut after ${before} paid`;
          noteFaults(attack, what, trial.lossesNow());
          await expectRecovery(attack, trial, what, bin);
        }),
      ),
  );
  attack.note(`${paid} jobs paid before the cut, ${inSession} cuts before the last`);
}

/** A power cut restarts the machine, too: what lies beside the job-info file is from before that. */
function makeOlderThanStart(jobInfo: string): void {
  for (const name of readdirSync(dirname(jobInfo)))
    if (name.startsWith(`${basename(jobInfo)}.`)) utimesSync(join(dirname(jobInfo), name), 1, 1);
}

/** All is done only when the exit code says so; otherwise the command says why, and what to do. */
function expectTruth(
  attack: Attack,
  what: string,
  {code, said, left}: {readonly code: number | null; readonly said: string; readonly left: number},
): void {
  const isTold = code === EXIT.storage || code === EXIT.partial;
  const isTrue = code === 0 ? left === 0 : isTold && /no space left[^]*free disk space/iu.test(said);
  if (!isTrue) attack.violation(`${what}: exit ${code}, ${left} left: ${said}`);
}

/** The same command again, with nothing in its way: every file is paid once and recorded. */
async function expectRecovery(attack: Attack, trial: Trial, what: string, bin?: string): Promise<void> {
  const {code, stderr} = await trial.run(SUBMIT, {...FAST, ...(bin === undefined ? {} : {bin})});
  noteFaults(attack, `${what}, then again`, trial.faultsAfterRecovery());
  if (code !== 0) attack.violation(`${what}, then again: exit ${code}: ${stderr}`);
  attack.tried();
}
