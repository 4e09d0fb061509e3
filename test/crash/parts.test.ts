/** A run of a file that is submitted in parts is killed before, after and in the middle of each of its file operations. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {requestLines} from '../helpers/request-files.js';
import {attackTest, eachOf, sampled} from './support/attack.js';
import {FAST, FAST_RUN, killsOf, noteFaults, RUN, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';

const REQUESTS = 6;
const PARTS = 3;
const IN_PARTS = ['--max-requests', String(REQUESTS / PARTS)];
const SPEED = 100;

attackTest(
  {
    group: 'kill',
    attack: 'kill -9 at a file operation of a run in 3 parts, to the joined results',
    unit: 'kills',
  },
  async (attack) => {
    const kills = await inTrial(async (trial) => {
      await trial.run([...RUN, ...IN_PARTS]);
      return killsOf(trial.trace());
    });
    attack.note(`${kills.length} points`);
    const chosen = sampled(kills, amount({short: 12, whole: 200}), attack.random);
    await eachOf(chosen, WIDTH, (fault) =>
      inTrial(async (trial) => {
        await trial.run([...RUN, ...IN_PARTS], {fault});
        const what = `parts ${fault.fate} ${fault.at} (${trial.lastStep()})`;
        noteFaults(attack, what, [...trial.lossesNow()]);
        const {code, stderr} = await trial.run([...FAST_RUN, ...IN_PARTS], FAST);
        noteFaults(attack, what, code === 0 ? faultsOf(trial) : [`exit ${code}: ${stderr}`]);
        attack.tried();
      }),
    );
  },
);

async function inTrial<T>(work: (trial: Trial) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await Trial.with({files: 1, speed: SPEED}, async (trial) => {
    writeFileSync(trial.files[0] ?? '', requestLines(REQUESTS));
    result = await work(trial);
  });
  return result as T;
}

/** Each part is paid once and recorded, and the joined file has an answer to each request. */
function faultsOf(trial: Trial): readonly string[] {
  const faults: string[] = [];
  const paid = trial.emulator.control.paid();
  if (paid.length !== PARTS || new Set(paid.map(({sha256}) => sha256)).size !== PARTS)
    faults.push(`paid: ${paid.map(({display_name: name}) => name).join(', ')}`);
  const indexes = trial.records().map(({part_of: part}) => part?.index);
  if (new Set(indexes).size !== PARTS || indexes.length !== PARTS)
    faults.push(`recorded: ${indexes.join(', ')}`);
  const joined = join(trial.folder, 'results/001.jsonl');
  const keys = existsSync(joined)
    ? readFileSync(joined, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as {key: string}).key)
    : [];
  if (keys.toSorted().join() !== Array.from({length: REQUESTS}, (_, i) => `r${i + 1}`).join())
    faults.push(`joined: ${keys.join(', ')}`);
  return faults;
}
