/** Somebody deletes the lock of a running submission by hand, and starts another. */
import {rmSync} from 'node:fs';
import {until} from '../helpers/until.js';
import {attackTest, eachOf} from './support/attack.js';
import {checkRecovery, FAST, noteFaults, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';

attackTest(
  {group: 'locks', attack: 'the lock of a running submit is deleted by hand', unit: 'runs'},
  async (attack) => {
    const rounds = Array.from({length: amount({short: 4, whole: 20})}, (_, index) => index);
    await eachOf(rounds, WIDTH, (round) =>
      Trial.with({files: 6}, async (trial) => {
        const {control} = trial.emulator;
        const delayMs = Math.floor(attack.random() * 300);
        control.fault({on: 'batches.create', times: null, fault: {kind: 'delay', ms: delayMs}});
        const first = trial.start(SUBMIT, {...FAST});
        const created = 1 + (round % 5);
        await until(() => (control.counts()['batches.create'] ?? 0) >= created);
        rmSync(`${trial.jobInfo}.lock`, {force: true});
        await Promise.all([first.ended, trial.run(SUBMIT, {...FAST})]);
        attack.tried();
        const what = `lock deleted at create ${created}, ${delayMs} ms each`;
        noteFaults(attack, what, trial.lossesNow());
        await checkRecovery(attack, trial, {what});
      }),
    );
  },
);
