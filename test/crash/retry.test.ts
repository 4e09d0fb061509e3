/** What was answered is not sent again, and what was sent is not forgotten, whatever happens to a retry or to result files. */
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import {attackTest, eachOf, sampled} from './support/attack.js';
import {FAST, killsOf, noteFaults, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial, type FsFault} from './support/trial.js';

const RETRY = ['retry', '001.jsonl'];
const POLL = ['poll', '--once'];

/** A job of two requests, of which r2 got an error, with its results on disk. */
async function withBadRow(pollArgs: readonly string[], work: (trial: Trial) => Promise<void>): Promise<void> {
  await Trial.with({files: 1}, async (trial) => {
    const {control} = trial.emulator;
    control.outcome({match: '001.jsonl', rows: [{fault: 'error', keys: ['r2']}]});
    await trial.run(SUBMIT);
    control.advance(60_000);
    await trial.run(POLL, {args: pollArgs});
    control.clearOutcomes();
    await work(trial);
  });
}

attackTest(
  {group: 'retry', attack: 'kill -9 at a file operation, then a retry with another limit', unit: 'kills'},
  async (attack) => {
    let kills: readonly FsFault[] = [];
    await withBadRow([], async (trial) => {
      await trial.run(RETRY);
      kills = killsOf(trial.trace());
    });
    const chosen = sampled(kills, amount({short: 12, whole: Infinity}), attack.random);
    await eachOf(chosen, WIDTH, async (fault) => {
      await withBadRow([], async (trial) => {
        const {control} = trial.emulator;
        await trial.run(RETRY, {fault});
        const what = `retry ${fault.fate} ${fault.at} (${trial.lastStep()})`;
        const paidBefore = control.paid().length;
        const sent = paidBefore === 2 ? retryFileOf(trial) : undefined;
        noteFaults(attack, what, trial.lossesNow());
        const {code, stderr} = await trial.run([...RETRY, '--max-output-tokens', '4000'], FAST);
        attack.tried();
        if (code !== EXIT.ok) attack.violation(`${what}: exit ${code}: ${stderr}`);
        if (control.paid().length !== 2) attack.violation(`${what}: paid ${control.paid().length}`);
        if (sent !== undefined && retryFileOf(trial) !== sent) attack.violation(`${what}: other bytes`);
        control.advance(60_000);
        await trial.run(POLL, FAST);
        const [record] = trial.records();
        if (record?.results?.rows.ok !== 2) attack.violation(`${what}: not merged`);
      });
    });
  },
);

/** What is done to a result file, and how many of the two requests it then seems to answer well: never more than r1. */
const DAMAGE: Readonly<Record<string, (rows: readonly string[]) => string>> = {
  'a row is gone': ([, ...rest]) => rest.join('\n'),
  'it is cut within a row': (rows) => rows.join('\n').slice(0, 40),
  'a key is another': (rows) => rows.join('\n').replace('"r1"', '"rX"'),
  'an answer is an error': ([, ...rest]) =>
    [`{"key":"r1","error":{"code":13,"message":"x"}}`, ...rest].join('\n'),
  'it is empty': () => '',
  'it is another file': () => '# Notes\n',
};

attackTest(
  {group: 'retry', attack: 'a result file is damaged or altered', unit: 'retries'},
  async (attack) => {
    const cases = Object.keys(DAMAGE).flatMap((name) => [
      {name, pollArgs: []},
      {name, pollArgs: ['--keep-remote']},
    ]);
    await eachOf(cases, WIDTH, async ({name, pollArgs}) => {
      await withBadRow(pollArgs, async (trial) => {
        const path = join(trial.folder, 'results/001.jsonl');
        writeFileSync(path, DAMAGE[name]?.(readFileSync(path, 'utf8').split('\n')) ?? '');
        const {code} = await trial.run(RETRY, FAST);
        attack.tried();
        const what = `${name}, ${pollArgs.join(' ')}`;
        const counts = trial.emulator.control.paid().map(({request_count: count}) => count);
        const isKept = pollArgs.length > 0;
        if (counts.join() !== (isKept ? '2,1' : '2')) attack.violation(`${what}: paid ${counts.join()}`);
        if ((code === EXIT.ok) !== isKept) attack.violation(`${what}: exit ${code}`);
      });
    });
  },
);

/** The request file of the retry. */
function retryFileOf(trial: Trial): string | undefined {
  const folder = join(trial.folder, 'retries');
  const name = existsSync(folder) ? readdirSync(folder).find((each) => each.endsWith('.jsonl')) : undefined;
  return name === undefined ? undefined : readFileSync(join(folder, name), 'utf8');
}
