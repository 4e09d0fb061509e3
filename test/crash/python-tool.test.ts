/** The Python tool works on the same job-info file: it reads it under its lock, and writes back what it read, hours later. */
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {EXIT} from '../../src/lib/domain/errors.js';
import {attackTest, eachOf} from './support/attack.js';
import {FAST, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';

attackTest(
  {group: 'python tool', attack: 'it writes back what it read before a command of ours', unit: 'commands'},
  async (attack) => {
    const commands = [SUBMIT, ['poll', '--once'], ['list', '--refresh'], ['adopt', '--all-mine']];
    const tries = Array.from({length: amount({short: 2, whole: 10})}, () => commands).flat();
    await eachOf(tries, WIDTH, async (command) => {
      await Trial.with({files: 2}, async (trial) => {
        const lock = `${trial.jobInfo}.tmp`;
        const [file = ''] = trial.files;
        await trial.run(command === SUBMIT ? ['submit', file, ...SUBMIT.slice(2)] : SUBMIT);
        trial.emulator.control.advance(600_000);
        writeFileSync(lock, '', {flag: 'wx'});
        const before = readFileSync(trial.jobInfo);
        const args = command[0] === 'submit' || command[0] === 'adopt' ? ['--lock-timeout', '5m'] : [];
        const {code, stderr} = await trial.run(command, {...FAST, args});
        attack.tried();
        const what = command.join(' ');
        if (code !== EXIT.locked) attack.violation(`${what}: exit ${code}`);
        else if (!stderr.includes('Python tool')) attack.violation(`${what}: does not say for whom it waits`);
        writeFileSync(lock, before);
        rmSync(trial.jobInfo);
        renameSync(lock, trial.jobInfo);
        for (const loss of trial.lossesNow()) attack.violation(`${what}: ${loss}`);
        if (trial.emulator.control.paid().length !== trial.records().length)
          attack.violation(`${what}: paid and not recorded`);
      });
    });
  },
);
