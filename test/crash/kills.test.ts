/** A command is killed before, after and in the middle of each of its file operations, and then run again. */
import {EXIT} from '../../src/lib/domain/errors.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {
  checkRecovery,
  checkSubmit,
  FAST,
  FAST_RUN,
  killsOf,
  noteFaults,
  RUN,
  SUBMIT,
  WIDTH,
} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial, type FsFault} from './support/trial.js';

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a submit of 3 files', unit: 'kills'},
  async (attack) => {
    await eachKill(attack, {command: SUBMIT, count: {short: 20, whole: Infinity}}, async (trial, fault) => {
      const {code} = await trial.run(SUBMIT, {fault});
      await checkSubmit(attack, trial, {what: `${fault.fate} ${fault.at} (${trial.lastStep()})`, code});
    });
  },
);

// The first kill leaves two creates whose answer nobody heard.
attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of the recovery from a kill', unit: 'kills'},
  async (attack) => {
    const prepare = async (trial: Trial): Promise<void> => {
      trial.emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_after'}});
      trial.emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_before'}});
      await trial.killWhen(SUBMIT, () => trial.emulator.control.counts()['batches.create'] === 3);
    };
    const plan = {command: SUBMIT, prepare, count: {short: 15, whole: Infinity}};
    await eachKill(attack, plan, async (trial, fault) => {
      const {code} = await trial.run(SUBMIT, {...FAST, fault});
      await checkSubmit(attack, trial, {
        what: `recovery ${fault.fate} ${fault.at} (${trial.lastStep()})`,
        code,
      });
    });
  },
);

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a run of 2 files, to their results', unit: 'kills'},
  async (attack) => {
    const plan = {command: RUN, files: 2, speed: 100, count: {short: 12, whole: 150}};
    await eachKill(attack, plan, async (trial, fault) => {
      await trial.run(RUN, {fault});
      const what = `run ${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
      await checkRecovery(attack, trial, {what, command: FAST_RUN});
      noteFaults(attack, what, trial.missingResults());
    });
  },
);

// Two of the three files fit: each costs up to $0.026.
const CAPPED = [...SUBMIT, '--max-cost', '0.06'];

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a submit that stops at its cap', unit: 'kills'},
  (attack) => underCap(attack, {command: CAPPED, count: {short: 15, whole: 200}}),
);

// The first kill leaves two creates that never took effect: until that is known they count under the cap.
attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of the recovery under a cap', unit: 'kills'},
  async (attack) => {
    const prepare = async (trial: Trial): Promise<void> => {
      for (let creates = 0; creates < 2; creates += 1)
        trial.emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
      await trial.killWhen(CAPPED, () => trial.emulator.control.counts()['batches.create'] === 2);
    };
    await underCap(attack, {command: CAPPED, prepare, count: {short: 10, whole: 200}});
  },
);

/** Kills a command that stops at its cap; run again, it has paid for the two files that fit. */
async function underCap(attack: Attack, plan: KillPlan): Promise<void> {
  const time = plan.prepare === undefined ? {} : FAST;
  await eachKill(attack, plan, async (trial, fault) => {
    await trial.run(plan.command, {...time, fault});
    const what = `cap ${fault.fate} ${fault.at} (${trial.lastStep()})`;
    const {code} = await trial.run(plan.command, FAST);
    noteFaults(attack, what, trial.lossesNow());
    const paid = trial.paidAttempts().length;
    if (code !== EXIT.cost_cap || paid !== 2) attack.violation(`${what}: exit ${code}, ${paid} jobs paid`);
  });
}

/** What a sweep of kills goes through. */
interface KillPlan {
  readonly command: readonly string[];
  readonly files?: number;
  readonly speed?: number;
  readonly count: {readonly short: number; readonly whole: number};
  /** What has happened before the command that is killed. */
  readonly prepare?: (trial: Trial) => Promise<void>;
}

/** Records an undisturbed command, and calls `work` with a new trial for so many of the ways to kill it. */
async function eachKill(
  attack: Attack,
  {command, files = 3, speed = 0, count, prepare}: KillPlan,
  work: (trial: Trial, fault: FsFault) => Promise<void>,
): Promise<void> {
  let kills: readonly FsFault[] = [];
  await Trial.with({files, speed}, async (trial) => {
    await prepare?.(trial);
    await trial.run(command, prepare === undefined ? {} : FAST);
    kills = killsOf(trial.trace());
  });
  attack.note(`${kills.length} points`);
  await eachOf(sampled(kills, amount(count), attack.random), WIDTH, (fault) =>
    Trial.with({files, speed}, async (trial) => {
      await prepare?.(trial);
      await work(trial, fault);
      attack.tried();
    }),
  );
}
