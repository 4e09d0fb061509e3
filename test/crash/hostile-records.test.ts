/** A job-info file from somebody else: its records name files that are not theirs, and hold lines of their own. */
import {createHash} from 'node:crypto';
import {linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf} from './support/attack.js';
import {STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {serviceCalls} from './support/service-calls.js';
import {Trial} from './support/trial.js';
import type {Weakening} from './support/weakened-build.js';

/** A way to the deletion of an upload that only a record calls that, and the guards on this way. */
interface Deletion {
  readonly where: string;
  readonly commands: readonly (readonly string[])[];
  /** Whether the service leaves out which file the job was made from. */
  readonly isSilent?: boolean;
  /** Whether what the record keeps of the service's word names the file, too. */
  readonly isInBatch?: boolean;
  readonly guards: readonly Weakening[];
}

const OWN_UPLOAD: Weakening = {
  file: 'lib/workflows/cleanup/discard-remote.js',
  find: 'if (isOwn)',
  replace: 'if (true)',
};

const DELETIONS: readonly Deletion[] = [
  {where: 'poll', commands: [['poll']], guards: [OWN_UPLOAD]},
  {
    where: 'poll, the file in every member',
    commands: [['poll']],
    isInBatch: true,
    guards: [
      OWN_UPLOAD,
      {
        file: 'lib/workflows/job-states/refresh-jobs.js',
        find: '&& isSameName && isSameFile',
        replace: '&& isSameName',
      },
    ],
  },
  {
    where: 'poll, the service says nothing of it',
    commands: [['poll']],
    isSilent: true,
    isInBatch: true,
    guards: [OWN_UPLOAD],
  },
  {
    where: 'results',
    commands: [['list', '--refresh'], ['results']],
    guards: [OWN_UPLOAD],
  },
  {
    where: 'cleanup',
    commands: [
      ['poll', '--keep-remote'],
      ['cleanup', '--yes'],
    ],
    guards: [
      {
        file: 'lib/workflows/cleanup/plan-cleanup.js',
        find: 'return isOwn ? record : undefined;',
        replace: 'return record;',
      },
    ],
  },
];

for (const {where, commands, isSilent = false, isInBatch = false, guards} of DELETIONS) {
  guardedAttack(
    {
      group: 'folders',
      attack: `a record calls a file of somebody else its upload (${where})`,
      unit: 'records',
      rounds: {short: 1, whole: 20},
      guard: {without: 'the record is believed', changes: guards},
    },
    async (attack, {bin, rounds}) => {
      await eachOf(repeated([commands], rounds), WIDTH, async (each) => {
        await Trial.with({files: 1, bin}, async (trial) => {
          const {control, url} = trial.emulator;
          await serviceCalls(trial.emulator).createJobs(1);
          const [foreign = ''] = control.files();
          await trial.run(SUBMIT);
          const [{batch, uploaded_file_name: upload} = {batch: {name: ''}, uploaded_file_name: ''}] =
            trial.records();
          const text = readFileSync(trial.jobInfo, 'utf8');
          const forged = isInBatch ? text.replaceAll(upload, foreign) : text.replace(upload, foreign);
          writeFileSync(trial.jobInfo, forged);
          control.advance(600_000);
          if (isSilent) await hideInput(trial, `${url}/v1beta/${batch.name}`);
          for (const command of each) await trial.run(command, STEPS);
          attack.tried();
          if (!control.files().includes(foreign)) attack.violation('it is deleted');
        });
      });
    },
  );
}

/** The service leaves out which file a job was made from. */
async function hideInput({emulator}: Trial, url: string): Promise<void> {
  const response = await fetch(url, {headers: {'x-goog-api-key': 'test-key'}});
  const said = (await response.json()) as {metadata: object};
  const metadata = Object.fromEntries(
    Object.entries(said.metadata).filter(([name]) => name !== 'inputConfig'),
  );
  const text = JSON.stringify({...said, metadata});
  emulator.control.fault({on: 'batches.get', times: null, fault: {kind: 'body_after', text}});
}

/** Names under which `results --join` is told to write over what the records rest on. */
const TARGETS: readonly ((trial: Trial) => string)[] = [
  () => '001.jsonl',
  () => './results/../001.jsonl',
  () => 'results/001.jsonl',
  () => 'job-info.jsonl',
  () => 'job-info.jsonl.journal',
  ({folder}) => join(folder, 'results/001.jsonl'),
  ({folder}) => {
    symlinkSync('001.jsonl', join(folder, 'soft.jsonl'));
    return 'soft.jsonl';
  },
  ({folder}) => {
    linkSync(join(folder, 'results/001.jsonl'), join(folder, 'hard.jsonl'));
    return 'hard.jsonl';
  },
];

guardedAttack(
  {
    group: 'folders',
    attack: 'joined results are to go over what the records rest on',
    unit: 'commands',
    rounds: {short: 1, whole: 10},
    guard: {
      without: 'any file may be written over',
      changes: [
        {
          file: 'lib/workflows/job-states/recorded-files.js',
          find: /(function refuseRecordedFile\(store, path\) \{)/u,
          replace: '$1 return;',
        },
        {
          file: 'lib/workflows/job-states/recorded-files.js',
          find: /(function refuseRequestsAndResults\(path\) \{)/u,
          replace: '$1 return;',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const targets = bin === undefined ? TARGETS : TARGETS.slice(0, 3);
    await eachOf(repeated(targets, rounds), WIDTH, async (targetIn) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        await trial.run(SUBMIT);
        trial.emulator.control.advance(600_000);
        await trial.run(['poll'], STEPS);
        const target = targetIn(trial);
        const before = fingerprint(trial.folder);
        const {code} = await trial.run(['results', '--join', target, '--overwrite'], STEPS);
        attack.tried();
        if (code !== EXIT.usage) attack.violation(`${target}: exit ${code}`);
        if (fingerprint(trial.folder) !== before) attack.violation(`${target}: files have changed`);
      });
    });
  },
);

/** Of the names and bytes of the request files, result files and records. */
function fingerprint(folder: string): string {
  const names = readdirSync(folder, {recursive: true}).map(String);
  const files = names.filter((name) => name.endsWith('.jsonl')).toSorted();
  const texts = files.map((name) => `${name} ${readFileSync(join(folder, name), 'utf8')}`);
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}

/** Names of request files that lead to a folder which is nobody's but the person's own. */
const WAYS_OUT: readonly ((trial: Trial, outside: string) => string)[] = [
  (_, outside) => join(outside, 'x.jsonl'),
  ({folder}, outside) => join(relative(folder, outside), 'x.jsonl'),
  ({folder}, outside) => {
    symlinkSync(outside, join(folder, 'link'));
    return 'link/x.jsonl';
  },
];

guardedAttack(
  {
    group: 'folders',
    attack: 'a record leads out of the folder of the job-info file',
    unit: 'commands',
    rounds: {short: 1, whole: 10},
    guard: {
      without: 'the record is believed',
      changes: [
        {
          file: 'lib/workflows/fetch/place/foreign-target.js',
          find: 'if (resultsDir !== null ||',
          replace: 'if (true || resultsDir !== null ||',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const commands = [['poll', '--once'], ['results'], ['results', '--join', '-']];
    const cases = WAYS_OUT.flatMap((wayOut) => commands.map((command) => ({wayOut, command})));
    const tried = bin === undefined ? cases : cases.slice(0, 3);
    await eachOf(repeated(tried, rounds), WIDTH, async ({wayOut, command}) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        const outside = mkdtempSync(join(tmpdir(), 'gembatch-outside-'));
        try {
          // What stands there is a file of somebody else, not the request file.
          writeFileSync(join(outside, 'x.jsonl'), 'mine\n');
          await trial.run(SUBMIT);
          const text = readFileSync(trial.jobInfo, 'utf8');
          const name = wayOut(trial, outside);
          writeFileSync(trial.jobInfo, text.replace('"input_file":"001.jsonl"', `"input_file":"${name}"`));
          trial.emulator.control.advance(600_000);
          if (command[0] === 'results') await trial.run(['list', '--refresh'], STEPS);
          const {code} = await trial.run(command, STEPS);
          attack.tried();
          const what = `${name}: ${command.join(' ')}`;
          if (code === 0) attack.violation(`${what}: exit 0`);
          if (readdirSync(outside).length !== 1) attack.violation(`${what}: results are written there`);
          if (trial.emulator.control.jobs().length === 0) attack.violation(`${what}: the job is deleted`);
        } finally {
          rmSync(outside, {recursive: true});
        }
      });
    });
  },
);

/** What ends a line on some terminal, and what moves its cursor. */
const BREAKS = ['\n', '\r', '\r\n', '\u2028', '\u2029', '\u0085', '\u000B', '\f', '\u001B[2K\u001B[G'];

guardedAttack(
  {
    group: 'folders',
    attack: 'recorded names hold line breaks',
    unit: 'commands',
    rounds: {short: 1, whole: 20},
    guard: {
      without: 'names are printed as they are',
      changes: [
        {
          file: 'lib/output/terminal/printable.js',
          find: /(function printable\(text\) \{)/u,
          replace: '$1 return text;',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const commands = [
      ['list'],
      ['show', '001.jsonl'],
      ['results'],
      ['poll', '--once'],
      ['cost'],
      ['retry', '--dry-run'],
    ];
    const tried = bin === undefined ? commands : commands.slice(0, 3);
    await eachOf(repeated(tried, rounds), WIDTH, async (command) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        await trial.run(SUBMIT);
        const first = BREAKS[Math.floor(attack.random() * BREAKS.length)] ?? '\n';
        const evil = `x${first}FAKE${BREAKS.map((end) => `${end}FAKE`).join('')}`;
        const [record] = trial.records();
        const forged = ['SUCCEEDED', 'FAILED', 'EXPIRED'].map((state, at) => ({
          ...record,
          input_file: at === 0 ? '001.jsonl' : `${at}${evil}`,
          attempt: `000000000${at}`,
          batch: {
            ...record?.batch,
            name: `batches/${at}${evil}`,
            display_name: evil,
            state: `JOB_STATE_${state}`,
          },
        }));
        writeFileSync(trial.jobInfo, forged.map((each) => `${JSON.stringify(each)}\n`).join(''));
        const {code, stdout, stderr} = await trial.run(command, STEPS);
        attack.tried();
        if (/^\s*FAKE|[\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/mu.test(stdout + stderr))
          attack.violation(`${command.join(' ')}, exit ${code}: ${JSON.stringify(stdout + stderr)}`);
      });
    });
  },
);
