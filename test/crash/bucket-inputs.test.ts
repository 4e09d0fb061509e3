/** Request files that are in a bucket: nothing is paid twice, and no command takes what a person has there. */
import {createHash} from 'node:crypto';
import {readFileSync, rmSync} from 'node:fs';
import type {FaultRule} from '../../src/emulator/control/faults.js';
import {MODEL} from '../helpers/submit.js';
import {putObject} from '../lib/services/vertex/open-vertex.js';
import {attackTest, eachOf, sampled} from './support/attack.js';
import {checkRecovery, FAST, killsOf, noteFaults, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {Trial, type TracedStep, type TrialRun} from './support/trial.js';

const BUCKET = 'my-bucket';
const VERTEX = ['--vertex', '--bucket', `gs://${BUCKET}`];
const TERMS = ['--model', MODEL, '--results-dir', 'out', ...VERTEX];

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a run of 3 objects in a bucket', unit: 'kills'},
  async (attack) => {
    let steps: readonly TracedStep[] = [];
    await withObjects({}, async (trial, {run: command}) => {
      await trial.run(command, FAST);
      steps = trial.trace();
    });
    const kills = killsOf(steps);
    attack.note(`${kills.length} points`);
    await eachOf(sampled(kills, amount({short: 6, whole: 250}), attack.random), WIDTH, (fault) =>
      withObjects({}, async (trial, {run: command, changes}) => {
        await trial.run(command, {...FAST, fault});
        const what = `${fault.fate} ${fault.at} (${trial.lastStep()})`;
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults(), ...changes()]);
        await checkRecovery(attack, trial, {what, command});
        noteFaults(attack, what, [...trial.missingResults(), ...changes()]);
        attack.tried();
      }),
    );
  },
);

/** What goes wrong with lists of objects, with creates, and with what follows them. */
const FAULTS: readonly FaultRule[] = [
  {on: 'batches.create', fault: {kind: 'reset_after'}},
  {on: 'batches.create', fault: {kind: 'reset_before'}},
  {on: 'batches.create', fault: {kind: 'error_after', status: 500}},
  {on: 'batches.create', fault: {kind: 'status', status: 400}},
  {on: 'batches.create', fault: {kind: 'quota'}},
  {on: 'batches.list', fault: {kind: 'status', status: 503}},
  {on: 'batches.get', fault: {kind: 'status', status: 404, body: {error: {code: 404}}}},
  {on: 'files.list', fault: {kind: 'status', status: 503}},
  {on: 'files.get', fault: {kind: 'reset_after'}},
  {on: 'files.get', fault: {kind: 'status', status: 404, body: {error: {code: 404}}}},
  {on: 'files.download', fault: {kind: 'drop_after_bytes', bytes: 200}},
];

attackTest(
  {
    group: 'service',
    attack: 'the service answers badly during a run of 3 objects in a bucket',
    unit: 'faults',
  },
  async (attack) => {
    // Chosen before anything runs, so that a seed always means the same.
    const rounds = Array.from({length: amount({short: 6, whole: 250})}, (_, round) => ({
      round,
      rules: sampled(FAULTS, 5, attack.random).map((rule) => ({
        ...rule,
        skip: Math.floor(attack.random() * 3),
      })),
      list_delay_calls: Math.floor(attack.random() * 3),
      isChecked: attack.random() < 0.5,
    }));
    await eachOf(rounds, WIDTH, ({round, rules, isChecked, ...behaviour}) =>
      withObjects({behaviour}, async (trial, {run: command, changes}) => {
        for (const rule of rules) trial.emulator.control.fault(rule);
        const what = `round ${round}: ${rules.map(({on, fault}) => `${on} ${fault.kind}`).join(', ')}`;
        await trial.run(isChecked ? [...command, '--check'] : command, FAST);
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults(), ...changes()]);
        attack.tried(trial.emulator.control.faultsMet());
        trial.emulator.control.clearFaults();
        await checkRecovery(attack, trial, {what, command});
        noteFaults(attack, what, [...trial.missingResults(), ...changes()]);
      }),
    );
  },
);

attackTest(
  {
    group: 'races',
    attack: 'three runs of the same 3 objects in a bucket at once, whose creates have no answer',
    unit: 'runs',
  },
  async (attack) => {
    const rounds = Array.from({length: amount({short: 2, whole: 20})}, (_, round) => `round ${round}`);
    await eachOf(rounds, 2, (what) =>
      withObjects({behaviour: {list_delay_calls: 1}}, async (trial, {run: command, changes}) => {
        trial.emulator.control.fault({on: 'batches.create', times: 2, fault: {kind: 'reset_after'}});
        await Promise.all([1, 2, 3].map(() => trial.run(command, FAST)));
        noteFaults(attack, what, [...trial.lossesNow(), ...changes()]);
        await checkRecovery(attack, trial, {what, command});
        noteFaults(attack, what, [...trial.missingResults(), ...changes()]);
        attack.tried(3);
      }),
    );
  },
);

/** Deletions have fifteen seconds, which must not pass before the service can answer. */
const UNHURRIED: TrialRun = {speed: 10};

const OTHER = ['--job-info', 'other.jsonl'];

/** Whatever is run once the jobs are over, also by somebody who has the same requests in files. */
const AFTERWARDS: readonly (readonly (readonly string[])[])[] = [
  [['poll', '--results-dir', 'out']],
  [
    ['poll', '--keep-remote', '--results-dir', 'out'],
    ['cleanup', ...VERTEX],
    ['cleanup', '--all', '--yes', ...VERTEX],
  ],
  [['poll'], ['cleanup', `gs://${BUCKET}/in/*.jsonl`, '--yes', ...VERTEX]],
  [['run', '0*.jsonl', '--model', MODEL, '--interval', '80s', '--if-changed', 'submit', ...VERTEX]],
  [
    ['adopt', '--all-mine', ...OTHER, ...VERTEX],
    ['poll', '--results-dir', 'out', ...OTHER],
    ['cleanup', '--all', '--yes', ...OTHER, ...VERTEX],
  ],
];

guardedAttack(
  {
    group: 'results',
    attack: 'what is in a bucket is fetched from, cleaned up around, adopted, and submitted from here, too',
    unit: 'commands',
    rounds: {short: 1, whole: 4},
    guard: {
      without: 'an object that a record names as its input is taken for an upload',
      changes: [
        {file: 'lib/workflows/cleanup/delete-upload.js', find: 'inputFile === name', replace: 'false'},
        {
          file: 'lib/workflows/cleanup/delete-upload.js',
          find: 'isCloudAddress(name) &&',
          replace: 'false &&',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    for (const commands of repeated(AFTERWARDS, rounds)) {
      await withObjects(
        {bin, behaviour: {pending_ms: 0, running_ms: 0}},
        async (trial, {submit, changes}) => {
          await trial.run(submit, UNHURRIED);
          for (const command of commands) {
            await trial.run(command, UNHURRIED);
            attack.tried();
            noteFaults(attack, command.join(' '), changes());
          }
        },
      );
    }
  },
);

guardedAttack(
  {
    group: 'adoption',
    attack: 'the job-info file is lost after 3 objects in a bucket were submitted',
    unit: 'runs',
    rounds: {short: 2, whole: 20},
    guard: {
      without: 'a job is not known by the address of its object',
      changes: [
        {
          file: 'lib/workflows/reconcile/own-jobs.js',
          find: 'return batch.src === undefined || batch.src.file_name === inputFile;',
          replace: 'return false;',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    for (const isRead of repeated([true, false], rounds)) {
      await withObjects({bin}, async (trial, {run, submit, changes}) => {
        await trial.run(isRead ? submit : run, UNHURRIED);
        rmSync(trial.jobInfo);
        await trial.run(isRead ? run : submit, UNHURRIED);
        const paid = trial.emulator.control.paid().length;
        if (paid !== trial.files.length)
          attack.violation(`${paid} jobs paid for ${trial.files.length} objects`);
        noteFaults(attack, 'afterwards', changes());
        attack.tried();
      });
    }
  },
);

/** What is done in a trial: its commands, and what has become of the objects, which nothing may. */
interface ObjectTrial {
  readonly run: readonly string[];
  readonly submit: readonly string[];
  readonly changes: () => readonly string[];
}

type Work = (trial: Trial, parts: ObjectTrial) => Promise<void>;

/** A trial whose request files are in a bucket: two in a folder, and one where our uploads are, with the name of one. */
async function withObjects(
  options: Omit<Parameters<typeof Trial.with>[0], 'files'>,
  work: Work,
): Promise<void> {
  await Trial.with({files: 3, speed: 100, ...options}, async (trial) => {
    const contents = trial.files.map((path) => readFileSync(path, 'utf8'));
    const sha256 = createHash('sha256')
      .update(contents[2] ?? '')
      .digest('hex');
    const names = ['in/1.jsonl', 'in/2.jsonl', `gembatch/${sha256}.jsonl`];
    for (const [at, name] of names.entries())
      await putObject(trial.emulator, name, contents[at] ?? '', BUCKET);
    const changes = (): readonly string[] => {
      const there = new Set(trial.emulator.control.objects());
      return names.filter((name) => !there.has(`gs://${BUCKET}/${name}`)).map((name) => `${name} is gone`);
    };
    const inputs = [`gs://${BUCKET}/in/*.jsonl`, `gs://${BUCKET}/${names[2]}`];
    await work(trial, {
      run: ['run', ...inputs, '--interval', '80s', ...TERMS],
      submit: ['submit', ...inputs, '--check', ...TERMS],
      changes,
    });
  });
}
