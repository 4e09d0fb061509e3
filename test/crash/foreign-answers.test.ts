/** What the service answers is true of another project, of another job, or only for a moment. */
import {EXIT} from '../../src/lib/domain/errors.js';
import {becomeAnotherProject} from '../helpers/another-project.js';
import {attackTest, eachOf} from './support/attack.js';
import {FAST, RUN, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';

attackTest(
  {
    group: 'answers',
    attack: 'an open create is looked up with the API key of another project',
    unit: 'look-ups',
  },
  async (attack) => {
    const commands = [SUBMIT, ['poll'], ['poll', '--once'], ['cancel', '--all-running', '--yes']];
    const tries = Array.from({length: amount({short: 8, whole: 32})}, (_, i) => commands[i % 4] ?? SUBMIT);
    await eachOf(tries, WIDTH, async (command) => {
      await Trial.with({files: 1}, async (trial) => {
        const {control} = trial.emulator;
        control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
        await trial.killWhen(SUBMIT, () => control.paid().length === 1);
        becomeAnotherProject(control);
        const {code} = await trial.run(command, FAST);
        attack.tried();
        const what = command.join(' ');
        if (code === EXIT.ok && command !== commands[3]) attack.violation(`${what}: exit 0`);
        await trial.run(SUBMIT, FAST);
        if (control.paid().length !== 1) attack.violation(`${what}: paid again`);
        for (const loss of trial.lossesNow()) attack.violation(`${what}: ${loss}`);
      });
    });
  },
);

/** How long the service does not find a job that it has: for one question, for a while, or by name only. */
const BLINDNESS = [
  {name: 'one 404', times: 1, hidesList: false},
  {name: 'three 404', times: 3, hidesList: true},
  {name: '404 by name for good', times: null, hidesList: false},
  {name: 'the API key of another project', times: null, hidesList: true},
] as const;

attackTest(
  {group: 'answers', attack: 'the service does not find a job that runs', unit: 'commands'},
  async (attack) => {
    const commands = [['poll'], ['poll', '--once'], ['list', '--refresh'], ['cancel', '001.jsonl'], SUBMIT];
    const cases = BLINDNESS.flatMap((blindness) => commands.map((command) => ({...blindness, command})));
    const rounds = amount({short: 1, whole: 4});
    const tries = Array.from({length: rounds}, () => cases).flat();
    await eachOf(tries, WIDTH, async ({name, times, hidesList, command}) => {
      await Trial.with({files: 1}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SUBMIT);
        const body = {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}};
        control.fault({on: 'batches.get', times, fault: {kind: 'status', status: 404, body}});
        if (hidesList) control.fault({on: 'batches.list', times, fault: {kind: 'body_after', text: '{}'}});
        const args = command[0] === 'poll' ? ['--timeout', '30m'] : [];
        const {code, stdout, stderr} = await trial.run(command, {...FAST, args});
        attack.tried();
        const what = `${name}: ${command.join(' ')}`;
        if (/gembatch retry/u.test(stdout + stderr)) attack.violation(`${what}: advises to pay again`);
        if (times === null && hidesList && command[0] === 'list' && code === EXIT.ok)
          attack.violation(`${what}: exit 0`);
        await trial.run(['retry'], FAST);
        if (control.paid().length !== 1) attack.violation(`${what}: paid again`);
      });
    });
  },
);

attackTest(
  {group: 'answers', attack: 'files of another project are submitted again', unit: 'commands'},
  async (attack) => {
    const commands = [SUBMIT, [...SUBMIT, '--if-changed', 'submit'], [...RUN, '--timeout', '30m']];
    const tries = Array.from({length: amount({short: 2, whole: 8})}, () => commands).flat();
    await eachOf(tries, WIDTH, async (command) => {
      await Trial.with({files: 2}, async (trial) => {
        const {control} = trial.emulator;
        control.advance(-3_600_000);
        await trial.run(SUBMIT);
        becomeAnotherProject(control);
        const {code} = await trial.run(command, FAST);
        attack.tried();
        const what = command.join(' ');
        if (code !== EXIT.failed) attack.violation(`${what}: exit ${code}`);
        if (control.paid().length !== 2) attack.violation(`${what}: paid again`);
      });
    });
  },
);

/** Bodies for a job of the requests r1 and r2, both of which were answered. */
const BODIES: Readonly<Record<string, readonly (readonly [key: string, isAnswer: boolean])[]>> = {
  'a row less': [['r1', true]],
  'a row more': [
    ['r1', true],
    ['r2', true],
    ['r3', true],
  ],
  'a failure more': [
    ['r1', true],
    ['r2', false],
  ],
  'nothing but failures': [
    ['r1', false],
    ['r2', false],
  ],
  'the rows of another job': [
    ['x1', true],
    ['x2', true],
  ],
  'a row of another job': [
    ['r1', true],
    ['x2', true],
  ],
};

/** Whether a body has not one row for a request of the job, so that nothing may be paid on the strength of it. */
function isForeign(rows: (typeof BODIES)[string]): boolean {
  return rows.every(([key]) => key.startsWith('x'));
}

attackTest(
  {group: 'answers', attack: 'results contradict what the job counts', unit: 'downloads'},
  async (attack) => {
    const cases = Object.entries(BODIES).flatMap(([name, rows]) =>
      [1, 2, null].map((times) => ({name, rows, times})),
    );
    const tries = Array.from({length: amount({short: 1, whole: 4})}, () => cases).flat();
    await eachOf(tries, WIDTH, async ({name, rows, times}) => {
      await Trial.with({files: 1}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SUBMIT);
        control.advance(600_000);
        const text = rows.map(([key, isAnswer]) => `${JSON.stringify(rowOf(key, isAnswer))}\n`).join('');
        control.fault({on: 'files.download', times, fault: {kind: 'body_after', text}});
        const {code} = await trial.run(['poll', '001.jsonl'], FAST);
        attack.tried();
        const what = `${name}, ${times ?? 'each time'}`;
        if ((code === EXIT.ok) === (times === null)) attack.violation(`${what}: exit ${code}`);
        if (times === null && control.jobs().length === 0) attack.violation(`${what}: the job is deleted`);
        await trial.run(['retry'], FAST);
        const mayPay = times === null && !isForeign(rows);
        if (!mayPay && control.paid().length !== 1) attack.violation(`${what}: paid again`);
      });
    });
  },
);

function rowOf(key: string, isAnswer: boolean): object {
  if (!isAnswer) return {key, error: {code: 13, message: 'Internal error.'}};
  return {key, response: {candidates: [{content: {parts: [{text: 'a'}]}, finishReason: 'STOP'}]}};
}
