/** Attacks of `requests.test.ts` on builds without one of the rules that keep a create from being paid twice. */
import {weakenedTest, type Attack} from './support/attack.js';
import {FAST, noteFaults, SUBMIT} from './support/commands.js';
import {Trial} from './support/trial.js';
import {NO_ADOPTION, weakenedBuild, type Weakening} from './support/weakened-build.js';

const TITLE = {group: 'requests', unit: 'runs'};

/** The time that a create may be under way is a time-out too, which must stay. */
const NO_GRACE: readonly Weakening[] = [
  NO_ADOPTION,
  {
    file: 'lib/workflows/reconcile/grace-time.js',
    find: 'return Math.max(0, Math.min(sinceDeathMs, sinceIntentMs))',
    replace: 'return 0',
  },
  {
    file: 'lib/workflows/reconcile/grace-time.js',
    find: 'CONFIRMATION_MS = 10_000',
    replace: 'CONFIRMATION_MS = 0',
  },
];

weakenedTest({...TITLE, attack: 'no grace time for a job that shows up late'}, (attack) =>
  onBuild(NO_GRACE, async (bin) => {
    await Trial.with({files: 2}, async (trial) => {
      const {control} = trial.emulator;
      control.behave({list_delay_calls: 2});
      control.fault({on: 'batches.create', match: '002.jsonl', fault: {kind: 'hang_after'}});
      await trial.killWhen(SUBMIT, () => control.paid().length === 2, {bin});
      await trial.run(SUBMIT, {...FAST, bin});
      noteTrial(attack, trial);
    });
  }),
);

const NO_LOOK_UP: readonly Weakening[] = [
  NO_ADOPTION,
  {
    file: 'lib/workflows/submit/create-job.js',
    find: "answer instanceof GembatchError && answer.code !== 'UNCLEAR'",
    replace: 'answer instanceof GembatchError',
  },
  {
    file: 'lib/workflows/submit/create-job.js',
    find: "|| answer.code === 'UNCLEAR'",
    replace: '',
  },
];

weakenedTest({...TITLE, attack: 'a lost answer is taken for a refusal'}, (attack) =>
  onBuild(NO_LOOK_UP, async (bin) => {
    await Trial.with({files: 2}, async (trial) => {
      trial.emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
      await trial.run(SUBMIT, {bin});
      noteFaults(attack, 'lost answer', trial.lossesNow());
      await trial.run(SUBMIT, {...FAST, bin});
      noteTrial(attack, trial);
    });
  }),
);

async function onBuild(
  weakenings: readonly Weakening[],
  work: (bin: string) => Promise<void>,
): Promise<void> {
  const build = weakenedBuild(weakenings);
  try {
    await work(build.bin);
  } finally {
    build.remove();
  }
}

function noteTrial(attack: Attack, trial: Trial): void {
  attack.tried();
  noteFaults(attack, 'afterwards', trial.faultsAfterRecovery());
}
