/** Jobs at the service that no record knows: of a lost job-info file, of other tools, of other people. */
import {rmSync} from 'node:fs';
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf} from './support/attack.js';
import {STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack} from './support/guarded-attack.js';
import {serviceCalls} from './support/service-calls.js';
import {Trial} from './support/trial.js';

/** Display names of our form that lead to no file, or out of the folder. */
const IMPOSSIBLE = [
  `a\0.jsonl #gb-0123456789ab-0123456789`,
  `${'b'.repeat(300)}/\0 #gb-0123456789ab-0123456789`,
  '/etc/c.jsonl #gb-0123456789ab-0123456789',
  '../../d.jsonl #gb-0123456789ab-0123456789',
];

guardedAttack(
  {
    group: 'adopt',
    attack: 'a lost job-info file, copies of our jobs, and jobs of impossible names',
    unit: 'jobs',
    rounds: {short: 4, whole: 60},
    guard: {
      without: 'an attempt is recorded whoever has it, one bad name stops all',
      changes: [
        {
          file: 'lib/workflows/adopt/adopt-jobs.js',
          find: 'ours !== undefined && this.#attempts.has(ours.attempt)',
          replace: 'false',
        },
        {file: 'lib/workflows/adopt/adopt-jobs.js', find: "error.code !== 'REFUSED'", replace: 'true'},
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    await eachOf(
      Array.from({length: rounds}, (_, index) => index),
      WIDTH,
      async () => {
        await Trial.with({files: 3, bin}, async (trial) => {
          const {control} = trial.emulator;
          await trial.run(SUBMIT);
          const ours = control.paid().map(({display_name: name}) => name);
          const calls = serviceCalls(trial.emulator);
          const impossible = IMPOSSIBLE[Math.floor(attack.random() * IMPOSSIBLE.length)] ?? '';
          await calls.createJobs(1, impossible);
          const copied = ours[Math.floor(attack.random() * ours.length)] ?? '';
          await calls.createJobs(1 + Math.floor(attack.random() * 3), copied);
          await calls.createJobs(1, 'not ours');
          const inline = await calls.createInlineJob();
          const mine = control.paid().filter(({display_name: name}) => ours.includes(name));
          rmSync(trial.jobInfo);
          for (let times = 0; times < 2; times += 1) {
            const {code, stderr} = await trial.run(['adopt', '--all-mine'], STEPS);
            const what = `${mine.length} jobs beside ${JSON.stringify(impossible)}, time ${times + 1}`;
            attack.tried(mine.length);
            if (code !== EXIT.partial) attack.violation(`${what}: exit ${code}: ${stderr}`);
            const names = trial.records().map(({batch}) => batch.name);
            const wanted = mine.map(({name}) => name);
            if (names.toSorted().join() !== wanted.toSorted().join())
              attack.violation(`${what}: recorded ${names.join()} of ${wanted.join()}`);
          }
          const refused = await trial.run(['adopt', inline], STEPS);
          if (refused.code !== EXIT.failed || !refused.stdout.includes('inline'))
            attack.violation(`inline requests: exit ${refused.code}: ${refused.stdout}${refused.stderr}`);
          const before = control.paid().length;
          await trial.run(SUBMIT, STEPS);
          if (control.paid().length !== before) attack.violation(`paid again after adoption`);
        });
      },
    );
  },
);
