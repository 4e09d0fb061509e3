/** The same on Vertex AI: commands are killed at their file operations, which fail, too; service and storage answer badly. */
import type {FaultRule} from '../../src/emulator/control/faults.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {
  checkRecovery,
  errorsOf,
  FAST,
  FAST_RUN,
  killsOf,
  noteFaults,
  RUN,
  SUBMIT,
  WIDTH,
} from './support/commands.js';
import {amount} from './support/form.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {Trial, type FsFault, type TracedStep, type TrialRun} from './support/trial.js';

const VERTEX = ['--vertex', '--bucket', 'gs://my-bucket'];
const VERTEX_RUN = [...FAST_RUN, ...VERTEX];

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a submit of 3 files to Vertex AI', unit: 'kills'},
  async (attack) => {
    const command = [...SUBMIT, ...VERTEX];
    await eachKill(attack, {command, speed: 0, count: {short: 8, whole: 400}}, async (trial, fault) => {
      await trial.run(command, {fault});
      const what = `${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, trial.lossesNow());
      await checkRecovery(attack, trial, {what, command});
    });
  },
);

attackTest(
  {
    group: 'kill',
    attack: 'kill -9 at a file operation of a run of 3 files on Vertex AI, to their results',
    unit: 'kills',
  },
  async (attack) => {
    const command = [...RUN, ...VERTEX];
    await eachKill(attack, {command, speed: 100, count: {short: 6, whole: 250}}, async (trial, fault) => {
      await trial.run(command, {fault});
      const what = `run ${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
      await checkRecovery(attack, trial, {what, command: VERTEX_RUN});
      noteFaults(attack, what, trial.missingResults());
    });
  },
);

attackTest(
  {
    group: 'storage',
    attack: 'a file operation of a run of 2 files on Vertex AI fails, to their results',
    unit: 'errors',
  },
  async (attack) => {
    const errors = errorsOf(await traceOf(VERTEX_RUN, {files: 2, speed: 100}, FAST));
    attack.note(`${errors.length} points`);
    await eachOf(sampled(errors, amount({short: 6, whole: 200}), attack.random), WIDTH, (fault) =>
      Trial.with({files: 2, speed: 100}, async (trial) => {
        const {code} = await trial.run(VERTEX_RUN, {...FAST, fault});
        const what = `${fault.fate} ${fault.at} (${trial.lastStep()})`;
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        if (code === 0) noteFaults(attack, `${what}, exit 0`, trial.missingResults());
        await checkRecovery(attack, trial, {what, command: VERTEX_RUN});
        noteFaults(attack, what, trial.missingResults());
        attack.tried();
      }),
    );
  },
);

attackTest(
  {
    group: 'races',
    attack: 'three runs of the same 3 files on Vertex AI at once, whose creates have no answer',
    unit: 'runs',
  },
  async (attack) => {
    const rounds = Array.from({length: amount({short: 2, whole: 20})}, (_, round) => round);
    await eachOf(rounds, 2, (round) =>
      Trial.with({files: 3, speed: 100, behaviour: {list_delay_calls: 1}}, async (trial) => {
        trial.emulator.control.fault({on: 'batches.create', times: 2, fault: {kind: 'reset_after'}});
        await Promise.all([1, 2, 3].map(() => trial.run(VERTEX_RUN, FAST)));
        noteFaults(attack, `round ${round}`, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        await checkRecovery(attack, trial, {what: `round ${round}`, command: VERTEX_RUN});
        noteFaults(attack, `round ${round}`, trial.missingResults());
        attack.tried(3);
      }),
    );
  },
);

/** What goes wrong on the way to Vertex AI and Cloud Storage; each leaves open something else. */
const FAULTS: readonly FaultRule[] = [
  {on: 'batches.create', fault: {kind: 'reset_after'}},
  {on: 'batches.create', fault: {kind: 'reset_before'}},
  {on: 'batches.create', fault: {kind: 'error_after', status: 500}},
  {on: 'batches.create', fault: {kind: 'body_after', text: '<html>', content_type: 'text/html'}},
  {on: 'batches.create', fault: {kind: 'status', status: 503}},
  {on: 'batches.create', fault: {kind: 'status', status: 409, body: {error: {code: 409}}}},
  {on: 'batches.create', fault: {kind: 'quota'}},
  {on: 'batches.get', fault: {kind: 'status', status: 404, body: {error: {code: 404}}}},
  {on: 'batches.list', fault: {kind: 'status', status: 503}},
  {on: 'batches.list', fault: {kind: 'body_after', text: '{"error": {}}'}},
  {on: 'batches.delete', fault: {kind: 'reset_after'}},
  {on: 'upload.start', fault: {kind: 'reset_after'}},
  {on: 'upload.start', fault: {kind: 'status', status: 503}},
  {on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 100}},
  {on: 'upload.chunk', fault: {kind: 'reset_after'}},
  {on: 'upload.chunk', fault: {kind: 'status', status: 410}},
  {on: 'upload.query', fault: {kind: 'status', status: 500}},
  {on: 'files.get', fault: {kind: 'reset_after'}},
  {on: 'files.list', fault: {kind: 'status', status: 503}},
  {on: 'files.delete', fault: {kind: 'reset_after'}},
  {on: 'files.download', fault: {kind: 'drop_after_bytes', bytes: 200}},
  {on: 'files.download', fault: {kind: 'reset_after'}},
];

attackTest(
  {
    group: 'service',
    attack: 'Vertex AI and Cloud Storage answer badly during a run of 3 files',
    unit: 'faults',
  },
  async (attack) => {
    // Chosen before anything runs, so that a seed always means the same.
    const rounds = Array.from({length: amount({short: 6, whole: 250})}, (_, round) => ({
      round,
      rules: sampled(FAULTS, 6, attack.random).map((rule) => ({
        ...rule,
        skip: Math.floor(attack.random() * 3),
      })),
      list_delay_calls: Math.floor(attack.random() * 3),
      vertex_shards: 1 + Math.floor(attack.random() * 3),
    }));
    await eachOf(rounds, WIDTH, ({round, rules, ...behaviour}) =>
      Trial.with({files: 3, speed: 100, behaviour}, async (trial) => {
        for (const rule of rules) trial.emulator.control.fault(rule);
        const what = `round ${round}: ${rules.map(({on, fault}) => `${on} ${fault.kind}`).join(', ')}`;
        await trial.run(VERTEX_RUN, FAST);
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        attack.tried(trial.emulator.control.faultsMet());
        trial.emulator.control.clearFaults();
        await checkRecovery(attack, trial, {what, command: VERTEX_RUN});
        noteFaults(attack, what, trial.missingResults());
      }),
    );
  },
);

interface KillPlan {
  readonly command: readonly string[];
  readonly speed: number;
  readonly count: {readonly short: number; readonly whole: number};
}

/** Records an undisturbed command, and calls `work` with a new trial for so many of the ways to kill it. */
async function eachKill(
  attack: Attack,
  {command, speed, count}: KillPlan,
  work: (trial: Trial, fault: FsFault) => Promise<void>,
): Promise<void> {
  const kills = killsOf(await traceOf(command, {files: 3, speed}));
  attack.note(`${kills.length} points`);
  await eachOf(sampled(kills, amount(count), attack.random), WIDTH, (fault) =>
    Trial.with({files: 3, speed}, async (trial) => {
      await work(trial, fault);
      attack.tried();
    }),
  );
}

/** The file operations of an undisturbed command. */
async function traceOf(
  command: readonly string[],
  options: {readonly files: number; readonly speed: number},
  run: TrialRun = {},
): Promise<readonly TracedStep[]> {
  let steps: readonly TracedStep[] = [];
  await Trial.with(options, async (trial) => {
    await trial.run(command, run);
    steps = trial.trace();
  });
  return steps;
}

const LEAVE = ['--results-dir', 'gs://my-bucket/out'];

/** Whatever is run after results were left in their bucket, and what is left of the record by then. */
const AFTER_LEAVING: readonly (readonly (readonly string[])[])[] = [
  [['poll']],
  [
    ['poll', '--keep-remote'],
    ['cleanup', ...VERTEX],
  ],
  [
    ['poll', '--keep-remote'],
    ['cleanup', '001.jsonl', '--yes', ...VERTEX],
  ],
  [
    ['poll', '--results-dir', 'here'],
    ['cleanup', '--all', '--yes', ...VERTEX],
  ],
  [
    ['poll', '--results-dir', 'here', '--keep-remote'],
    ['cleanup', '001.jsonl', '--yes', ...VERTEX],
  ],
  [
    ['adopt', '--all-mine', '--job-info', 'other.jsonl', ...VERTEX],
    ['poll', '--job-info', 'other.jsonl', '--results-dir', 'here'],
    ['cleanup', '001.jsonl', '--yes', '--job-info', 'other.jsonl', ...VERTEX],
  ],
];

guardedAttack(
  {
    group: 'results',
    attack: 'results that were left in their bucket are fetched, cleaned up around and adopted',
    unit: 'commands',
    rounds: {short: 1, whole: 4},
    guard: {
      without: 'results that are left are deleted as others are',
      changes: [
        {
          file: 'lib/workflows/cleanup/discard-remote.js',
          find: 'isOurs && !isLeftThere',
          replace: 'isOurs',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    for (const commands of repeated(AFTER_LEAVING, rounds)) {
      await Trial.with({files: 1, speed: 0, bin}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run([...SUBMIT, ...VERTEX, ...LEAVE]);
        control.advance(60_000);
        for (const command of commands) {
          await trial.run(command, FAST);
          attack.tried();
          const isThere = control.objects().some((name) => name.startsWith('gs://my-bucket/out/'));
          if (!isThere) attack.violation(`${command.join(' ')}: results that were left are gone`);
        }
      });
    }
  },
);

attackTest(
  {
    group: 'kill',
    attack: 'kill -9 at a file operation of a run of 3 files on Vertex AI whose results are left there',
    unit: 'kills',
  },
  async (attack) => {
    const command = [...RUN, ...VERTEX, ...LEAVE];
    await eachKill(attack, {command, speed: 100, count: {short: 5, whole: 200}}, async (trial, fault) => {
      await trial.run(command, {fault});
      const what = `run ${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, [...trial.lossesNow(), ...lossesOfLeft(trial)]);
      await checkRecovery(attack, trial, {what, command: [...VERTEX_RUN, ...LEAVE]});
      noteFaults(attack, what, lossesOfLeft(trial));
      const objects = trial.emulator.control.objects().filter((name) => name.includes('/out/'));
      const isLeft = trial.records().every(({left, results}) => left !== undefined && results === undefined);
      if (objects.length !== trial.files.length || !isLeft)
        attack.violation(`${what}: not all results are left: ${objects.join(', ')}`);
    });
  },
);

/** Records that do not say where results are left, and jobs that are deleted before their results were seen. */
function lossesOfLeft(trial: Trial): readonly string[] {
  const {control} = trial.emulator;
  const remote = new Set(control.jobs());
  const records = new Map(trial.records().map((record) => [record.batch.name, record]));
  const nowhere = [...records.values()]
    .filter(({results_left: place}) => place?.startsWith('gs://my-bucket/out/') !== true)
    .map(({batch}) => `${batch.name} has no place for its results`);
  const unseen = control
    .paid()
    .filter(({name}) => !remote.has(name) && records.get(name)?.left === undefined)
    .map(({name}) => `${name} is deleted and its results were not seen`);
  return [...nowhere, ...unseen];
}
