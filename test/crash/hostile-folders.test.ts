/** A job-info file, or a folder, that came from somebody else, or that another program changes meanwhile. */
import {spawnSync} from 'node:child_process';
import {readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import {attackTest, eachOf} from './support/attack.js';
import {FAST, FAST_RUN, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {Trial} from './support/trial.js';

const ROUNDS = amount({short: 2, whole: 10});

function rounds<T>(cases: readonly T[]): readonly T[] {
  return repeated(cases, ROUNDS);
}

/** A trial whose one job is over. */
async function withFinished(work: (trial: Trial) => Promise<void>, bin?: string): Promise<void> {
  await Trial.with({files: 1, bin}, async (trial) => {
    await trial.run(SUBMIT);
    trial.emulator.control.advance(600_000);
    await work(trial);
  });
}

const ALTERATIONS: readonly (readonly [string, (rows: Buffer) => Buffer])[] = [
  ['one byte', (rows) => Buffer.from(rows).fill(0x78, rows.length >> 1, (rows.length >> 1) + 1)],
  ['cut', (rows) => rows.subarray(0, rows.length >> 1)],
  ['empty', () => Buffer.alloc(0)],
  ['longer', (rows) => Buffer.concat([rows, rows])],
];

guardedAttack(
  {
    group: 'folders',
    attack: 'a result file is altered',
    unit: 'commands',
    rounds: {short: 1, whole: 10},
    guard: {
      without: 'what is on disk is believed',
      changes: [
        {
          file: 'lib/workflows/job-states/result-files.js',
          find: "{ state: 'altered' }",
          replace: "{ state: 'intact', mtimeMs: 0 }",
        },
      ],
    },
  },
  async (attack, {bin, rounds: count}) => {
    const commands = [
      ['poll', '--once'],
      ['list'],
      ['show', '001.jsonl'],
      ['results'],
      ['results', '--join', '-'],
      ['retry', '--dry-run'],
      ['retry'],
      ['report'],
      SUBMIT,
      ['cleanup', '--yes'],
    ];
    const alterations = bin === undefined ? ALTERATIONS : ALTERATIONS.slice(0, 1);
    const cases = alterations.flatMap(([how, alter]) => commands.map((command) => ({how, alter, command})));
    await eachOf(repeated(cases, count), WIDTH, async ({how, alter, command}) => {
      await withFinished(async (trial) => {
        await trial.run(['poll', '--keep-remote'], FAST);
        const path = join(trial.folder, 'results', basename(trial.files[0] ?? ''));
        writeFileSync(path, alter(readFileSync(path)));
        const {code, stdout, stderr} = await trial.run(command, FAST);
        attack.tried();
        const what = `${how}: ${command.join(' ')}`;
        if (!/altered/u.test(stdout + stderr)) attack.violation(`${what}: says nothing of it, exit ${code}`);
        if (trial.emulator.control.paid().length > 1) attack.violation(`${what}: it is paid again`);
        if (trial.emulator.control.jobs().length === 0) attack.violation(`${what}: the last copy is deleted`);
      }, bin);
    });
  },
);

attackTest({group: 'folders', attack: 'a record names what never ends', unit: 'commands'}, async (attack) => {
  const places = ['pipe', '/dev/zero', '/proc/self/pagemap'];
  const commands = [
    ['poll', '--once'],
    ['results', '--join', '-'],
    ['retry', '--dry-run'],
  ];
  const tries = rounds(places.flatMap((place) => commands.map((command) => ({place, command}))));
  await eachOf(tries, WIDTH, async ({place, command}) => {
    await withFinished(async (trial) => {
      spawnSync('mkfifo', [join(trial.folder, 'pipe')]);
      const name = basename(trial.files[0] ?? '');
      const text = readFileSync(trial.jobInfo, 'utf8');
      writeFileSync(trial.jobInfo, text.replace(`"input_file":"${name}"`, `"input_file":"${place}"`));
      const args = ['--results-dir', join(trial.folder, 'out')];
      const running = trial.start(command, {...FAST, args: command[0] === 'retry' ? [] : args});
      const timer = setTimeout(() => running.process.kill('SIGKILL'), 60_000);
      const {signal} = await running.ended;
      clearTimeout(timer);
      attack.tried();
      if (signal !== null) attack.violation(`${place}: ${command.join(' ')} did not end`);
    });
  });
});

const REMOVALS: readonly (readonly [string, (path: string) => void])[] = [
  ['deleted', (path) => rmSync(path)],
  ['emptied', (path) => writeFileSync(path, '')],
  ['an older version', (path) => writeFileSync(path, '# older\n')],
];

guardedAttack(
  {
    group: 'folders',
    attack: 'a record is removed while its job is followed',
    unit: 'commands',
    rounds: {short: 1, whole: 10},
    guard: {
      without: 'what is not there is not missed',
      changes: [
        {
          file: 'lib/workflows/poll/followed-jobs.js',
          find: /(get remembered\(\) \{)/u,
          replace: '$1 return new Map();',
        },
      ],
    },
  },
  async (attack, {bin, rounds: count}) => {
    const cases = REMOVALS.flatMap(([how, remove]) =>
      [['poll', '001.jsonl'], FAST_RUN].map((command) => ({how, remove, command})),
    );
    await eachOf(repeated(cases, count), WIDTH, async ({how, remove, command}) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        await trial.run(SUBMIT);
        // The job never ends: nothing but the removal ends the command, however busy the machine is.
        const args = ['--timeout', bin === undefined ? '1d' : '10m'];
        const running = trial.start(command, {...FAST, args});
        await running.seen('Following');
        remove(trial.jobInfo);
        const {code, stdout, stderr} = await running.ended;
        attack.tried();
        const what = `${how}: ${command[0]}`;
        if (code !== EXIT.storage) attack.violation(`${what}: exit ${code}`);
        if (!/the record of batches\//u.test(stdout + stderr))
          attack.violation(`${what}: the job is not named`);
      });
    });
  },
);

attackTest(
  {group: 'folders', attack: 'a link is planted for a file of ours', unit: 'links'},
  async (attack) => {
    const names = ['job-info.jsonl.journal', 'job-info.jsonl.lock', 'job-info.jsonl.tmp', 'job-info.jsonl'];
    await eachOf(rounds(names), WIDTH, async (name) => {
      await Trial.with({files: 1}, async (trial) => {
        const victim = join(trial.folder, 'start-file');
        writeFileSync(victim, '# mine\n');
        rmSync(join(trial.folder, name), {force: true});
        symlinkSync(victim, join(trial.folder, name));
        const {code} = await trial.run(SUBMIT, FAST);
        attack.tried();
        if (code !== EXIT.storage) attack.violation(`${name}: exit ${code}`);
        if (readFileSync(victim, 'utf8') !== '# mine\n') attack.violation(`${name}: the victim was written`);
        // The commit lock is needed only after the create, whose job is in the journal by then.
        rmSync(join(trial.folder, name));
        if (name === 'job-info.jsonl') return;
        for (const loss of trial.lossesNow()) attack.violation(`${name}: ${loss}`);
      });
    });
  },
);
