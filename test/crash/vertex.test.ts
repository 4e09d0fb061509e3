/** The same on Vertex AI: commands are killed at their file operations, and the service and the storage answer badly. */
import type {FaultRule} from '../../src/emulator/control/faults.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {checkRecovery, FAST, FAST_RUN, killsOf, noteFaults, RUN, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial, type FsFault} from './support/trial.js';

const VERTEX = ['--vertex', '--bucket', 'gs://my-bucket'];

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a submit of 3 files to Vertex AI', unit: 'kills'},
  async (attack) => {
    const command = [...SUBMIT, ...VERTEX];
    await eachKill(attack, {command, speed: 0, count: {short: 12, whole: 300}}, async (trial, fault) => {
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
    await eachKill(attack, {command, speed: 100, count: {short: 8, whole: 150}}, async (trial, fault) => {
      await trial.run(command, {fault});
      const what = `run ${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
      await checkRecovery(attack, trial, {what, command: [...FAST_RUN, ...VERTEX]});
      noteFaults(attack, what, trial.missingResults());
    });
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
    const rounds = Array.from({length: amount({short: 8, whole: 150})}, (_, round) => ({
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
        await trial.run([...FAST_RUN, ...VERTEX], FAST);
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        trial.emulator.control.clearFaults();
        await checkRecovery(attack, trial, {what, command: [...FAST_RUN, ...VERTEX]});
        noteFaults(attack, what, trial.missingResults());
        for (const _ of rules) attack.tried();
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
  let kills: readonly FsFault[] = [];
  await Trial.with({files: 3, speed}, async (trial) => {
    await trial.run(command);
    kills = killsOf(trial.trace());
  });
  attack.note(`${kills.length} points`);
  await eachOf(sampled(kills, amount(count), attack.random), WIDTH, (fault) =>
    Trial.with({files: 3, speed}, async (trial) => {
      await work(trial, fault);
      attack.tried();
    }),
  );
}
