/** Each request of a submit goes wrong in every way, and the look-up of a create whose answer was lost as well. */
import type {Fault, OperationName} from '../../src/emulator/control/faults.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {checkRecovery, checkSubmit, FAST, noteFaults, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {serviceCalls} from './support/service-calls.js';
import {Trial} from './support/trial.js';
import {weakenedBuild} from './support/weakened-build.js';

/** What becomes of a request. After those that hang, the command is killed or runs into its time-out. */
const FAULTS: readonly Fault[] = [
  {kind: 'reset_before'},
  {kind: 'reset_after'},
  {kind: 'status', status: 500},
  {kind: 'status', status: 503},
  {kind: 'error_after', status: 500},
  {kind: 'error_after', status: 503},
  {kind: 'body_after', text: ''},
  {kind: 'body_after', text: '<html>Bad gateway</html>', status: 502, content_type: 'text/html'},
];

/** Before it takes effect, after that, and in the middle of its answer. */
const KILL_MOMENTS: readonly Fault[] = [{kind: 'hang_before'}, {kind: 'hang_after'}, {kind: 'endless_body'}];

/** One request of a command: the nth of its kind. */
interface RequestPoint {
  readonly on: OperationName;
  readonly skip: number;
  readonly fault: Fault;
}

attackTest(
  {group: 'requests', attack: 'kill -9 while a request is under way', unit: 'kills'},
  async (attack) => {
    const points = await pointsOf(KILL_MOMENTS);
    await eachPoint(attack, {points, count: {short: 8, whole: Infinity}}, async (trial, {on, skip}) => {
      await trial.killWhen(SUBMIT, () => (trial.emulator.control.counts()[on] ?? 0) > skip);
    });
  },
);

attackTest({group: 'requests', attack: 'a request fails', unit: 'failures'}, async (attack) => {
  const points = await pointsOf(FAULTS);
  await eachPoint(attack, {points, count: {short: 20, whole: Infinity}}, async (trial) => {
    const {code} = await trial.run(SUBMIT, FAST);
    return code;
  });
});

attackTest({group: 'requests', attack: 'a request fails three times', unit: 'failures'}, async (attack) => {
  const points = await pointsOf(FAULTS);
  await eachPoint(attack, {points, times: 3, count: {short: 8, whole: Infinity}}, async (trial) => {
    const {code} = await trial.run(SUBMIT, FAST);
    return code;
  });
});

attackTest({group: 'requests', attack: 'a request is never answered', unit: 'time-outs'}, async (attack) => {
  // The same code, with a time-out that a test can sit out.
  const build = weakenedBuild([
    {file: 'lib/domain/service/create-timeout.js', find: '120_000', replace: '1_000'},
    {
      file: 'lib/services/gemini/gemini-batch-client.js',
      find: 'DEFAULT_SILENCE_MS = 60_000',
      replace: 'DEFAULT_SILENCE_MS = 1_000',
    },
  ]);
  try {
    const points = await pointsOf(KILL_MOMENTS);
    await eachPoint(attack, {points, count: {short: 6, whole: Infinity}}, async (trial) => {
      const {code} = await trial.run(SUBMIT, {...FAST, bin: build.bin});
      return code;
    });
  } finally {
    build.remove();
  }
});

/** What the list of jobs does to whoever looks for a create in it. */
const LIST_ERRORS: readonly {readonly name: string; readonly make: (trial: Trial) => Promise<void>}[] = [
  {name: 'shows the job late', make: async ({emulator}) => emulator.control.behave({list_delay_calls: 3})},
  {
    name: 'comes in several pages, the job on the last',
    make: async ({emulator}) => serviceCalls(emulator).createJobs(250),
  },
  {
    name: 'is empty once',
    make: async ({emulator}) =>
      emulator.control.fault({on: 'batches.list', fault: {kind: 'body_after', text: '{}'}}),
  },
  {
    name: 'fails three times',
    make: async ({emulator}) =>
      emulator.control.fault({on: 'batches.list', times: 3, fault: {kind: 'status', status: 503}}),
  },
  {
    name: 'breaks off between pages',
    make: async ({emulator}) => {
      await serviceCalls(emulator).createJobs(250);
      emulator.control.fault({on: 'batches.list', skip: 1, fault: {kind: 'reset_before'}});
    },
  },
];

attackTest(
  {group: 'requests', attack: 'a lost create is looked up in a list that misleads', unit: 'look-ups'},
  async (attack) => {
    const cases = LIST_ERRORS.flatMap((trouble) => [true, false].map((isKilled) => ({...trouble, isKilled})));
    await eachOf(cases, WIDTH, async ({name, make, isKilled}) => {
      await Trial.with({files: 3, behaviour: {max_concurrent_jobs: 1_000}}, async (trial) => {
        const {control} = trial.emulator;
        control.fault({
          on: 'batches.create',
          match: '002.jsonl',
          fault: {kind: isKilled ? 'hang_after' : 'error_after', status: 503},
        });
        if (isKilled) await trial.killWhen(SUBMIT, () => control.paid().length === 3);
        await make(trial);
        await trial.run(SUBMIT, FAST);
        attack.tried();
        const what = `the list ${name}${isKilled ? ', after a kill' : ''}`;
        await checkRecovery(attack, trial, {what});
      });
    });
  },
);

attackTest({group: 'requests', attack: 'two jobs answer to one create', unit: 'look-ups'}, async (attack) => {
  await Trial.with({files: 1}, async (trial) => {
    const {control} = trial.emulator;
    control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
    await trial.killWhen(SUBMIT, () => control.paid().length === 1);
    const [first] = control.paid();
    await serviceCalls(trial.emulator).createJobs(1, first?.display_name);
    const {code} = await trial.run(SUBMIT, FAST);
    attack.tried();
    if (code === 0) attack.violation('exit 0 although nobody knows which job is ours');
    if (control.counts()['batches.create'] !== 2) attack.violation('the create was sent again');
    noteFaults(attack, 'two candidates', trial.lossesNow());
  });
});

/** Every request of an undisturbed submit, with each of the faults. */
async function pointsOf(faults: readonly Fault[]): Promise<readonly RequestPoint[]> {
  const points: RequestPoint[] = [];
  await Trial.with({files: 3}, async (trial) => {
    await trial.run(SUBMIT);
    for (const [on, count] of Object.entries(trial.emulator.control.counts()) as [OperationName, number][]) {
      for (let skip = 0; skip < count; skip += 1) points.push(...faults.map((fault) => ({on, skip, fault})));
    }
  });
  return points;
}

interface PointPlan {
  readonly points: readonly RequestPoint[];
  readonly count: {readonly short: number; readonly whole: number};
  /** How many requests of the kind fail in a row. */
  readonly times?: number;
}

/** Runs a command that meets the fault, and then the same command undisturbed. */
async function eachPoint(
  attack: Attack,
  {points, count, times = 1}: PointPlan,
  disturbed: (trial: Trial, point: RequestPoint) => Promise<number | null | void>,
): Promise<void> {
  attack.note(`${points.length} points`);
  await eachOf(sampled(points, amount(count), attack.random), WIDTH, (point) =>
    Trial.with({files: 3}, async (trial) => {
      const {control} = trial.emulator;
      control.fault({...point, times});
      const code = await disturbed(trial, point);
      attack.tried();
      control.clearFaults();
      const what = `${point.on} ${point.skip + 1} ${JSON.stringify(point.fault)} x ${times}`;
      await checkSubmit(attack, trial, {what, code});
    }),
  );
}
