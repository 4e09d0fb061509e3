/** Rows and records that are more than anybody expects: a row beyond the limit, and thousands of jobs that failed. */
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {requestLines} from '../helpers/request-files.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {attackTest, eachOf, weakenedTest, type Attack} from './support/attack.js';
import {STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {guardedAttack, repeated, type Attacked} from './support/guarded-attack.js';
import {preload, Trial} from './support/trial.js';
import {weakenedBuild, type Weakening} from './support/weakened-build.js';

/** In place of 256 MiB, so that many rows can be tried. */
const LIMIT_BYTES = 64 * 1024;

const SMALL_LIMIT: Weakening = {
  file: 'lib/domain/result/result-limits.js',
  find: 'MAX_ROW_BYTES = 256 * 1024 * 1024',
  replace: `MAX_ROW_BYTES = ${LIMIT_BYTES}`,
};

const TITLE = {group: 'sizes', unit: 'downloads'};

attackTest({...TITLE, attack: 'a row of a result file is as long as the limit, or longer'}, (attack) =>
  onBuild([SMALL_LIMIT], (bin) => longRows(attack, {bin, rounds: amount({short: 1, whole: 25})})),
);

weakenedTest(
  {...TITLE, attack: 'the same where a row beyond the limit is an error of the download'},
  (attack) =>
    onBuild(
      [
        SMALL_LIMIT,
        {
          file: 'lib/domain/result/result-file.js',
          find: /(#noteTooLong\(\) \{)/u,
          replace: "$1 throw new Error('too long');",
        },
      ],
      (bin) => longRows(attack, {bin, rounds: 1}),
    ),
);

async function onBuild(changes: readonly Weakening[], work: (bin: string) => Promise<void>): Promise<void> {
  const build = weakenedBuild(changes);
  try {
    await work(build.bin);
  } finally {
    build.remove();
  }
}

async function longRows(attack: Attack, {bin, rounds}: Attacked): Promise<void> {
  const lengths = [LIMIT_BYTES - 1, LIMIT_BYTES, LIMIT_BYTES + 1, 3 * LIMIT_BYTES];
  const cases = lengths.flatMap((length) => [
    {length, isFirst: true},
    {length, isFirst: false},
  ]);
  await eachOf(repeated(cases, rounds), WIDTH, async ({length, isFirst}) => {
    await Trial.with({files: 1, bin}, async (trial) => {
      const {control} = trial.emulator;
      await trial.run(SUBMIT);
      control.advance(600_000);
      const rows = [rowOf('r1', length), rowOf('r2', 200 + Math.floor(1000 * attack.random()))];
      const ordered = isFirst ? rows : rows.toReversed();
      // The last line of a file may have no newline.
      const text = ordered.join('\n') + (attack.random() < 0.5 ? '\n' : '');
      control.fault({on: 'files.download', times: null, fault: {kind: 'body_after', text}});
      const {code, stderr} = await trial.run(['poll', '001.jsonl', '--keep-remote'], STEPS);
      attack.tried();
      const what = `${length} bytes, ${isFirst ? 'first' : 'last'}`;
      const isTooLong = length > LIMIT_BYTES;
      if (code !== (isTooLong ? EXIT.partial : EXIT.ok)) attack.violation(`${what}: exit ${code}: ${stderr}`);
      const [record] = trial.records();
      const {ok = 0, malformed = 0} = record?.results?.rows ?? {};
      if (ok !== (isTooLong ? 1 : 2) || malformed !== (isTooLong ? 1 : 0))
        attack.violation(`${what}: ${ok} ok, ${malformed} malformed`);
      if (record?.results?.sha256 !== createHash('sha256').update(text).digest('hex'))
        attack.violation(`${what}: other bytes are recorded`);
    });
  });
}

/** A row of a good answer that has so many bytes. */
function rowOf(key: string, bytes: number): string {
  const row = (text: string): string =>
    JSON.stringify({key, response: {candidates: [{content: {parts: [{text}]}, finishReason: 'STOP'}]}});
  return row('a'.repeat(bytes - row('').length));
}

/** Four times as many jobs may cost so many times as much CPU time; where each was looked for among all it would be 16 times. */
const MOST_GROWTH = 5.5;

guardedAttack(
  {
    group: 'sizes',
    attack: 'retry --dry-run of thousands of jobs that failed',
    unit: 'jobs',
    rounds: {short: 12_000, whole: 40_000},
    guard: {
      without: 'each job is looked for among all',
      changes: [
        {
          file: 'lib/workflows/retry/prepare-retries.js',
          find: "else if (job.outcome !== 'done')",
          replace:
            "else if (Array.from({ length: 20 }, () => jobs.map(({ record }) => record.input_file.toUpperCase())) && job.outcome !== 'done')",
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    await Trial.with({files: 0, bin}, async (trial) => {
      const jobs = bin === undefined ? rounds : 2_000;
      const startMs = await dryRunMs(trial, 1);
      const fewMs = (await dryRunMs(trial, jobs / 4)) - startMs;
      const manyMs = (await dryRunMs(trial, jobs)) - startMs;
      attack.tried(jobs);
      attack.note(`${(fewMs / 1000).toFixed(1)} and ${(manyMs / 1000).toFixed(1)} s of CPU time`);
      if (manyMs > MOST_GROWTH * fewMs)
        attack.violation(`${manyMs} ms for ${jobs} jobs, ${fewMs} ms for a quarter`);
    });
  },
);

/** The CPU time that it takes with so many jobs, in milliseconds. */
async function dryRunMs(trial: Trial, jobs: number): Promise<number> {
  const text = requestLines(1);
  const sha256 = createHash('sha256').update(text).digest('hex');
  mkdirSync(join(trial.folder, String(jobs)));
  const records = Array.from({length: jobs}, (_, at) => {
    const file = `${jobs}/${at}.jsonl`;
    writeFileSync(join(trial.folder, file), text);
    const batch = {
      name: `batches/failed${at}`,
      model: 'models/gemini-2.5-flash-lite',
      state: 'JOB_STATE_FAILED',
    };
    return {
      input_file: file,
      count: 1,
      uploaded_file_name: `files/${at}`,
      batch,
      sha256,
      size_bytes: text.length,
    };
  });
  writeFileSync(trial.jobInfo, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await trial.run(['retry', '--dry-run', '--json'], {nodeArgs: preload('cpu-time.js')});
  return Number(readFileSync(join(trial.folder, '.home/cpu-ms'), 'utf8'));
}
