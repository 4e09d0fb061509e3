/** A run of a file that is submitted in parts, or after a canary, is killed before, after and in the middle of each of its file operations. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {requestLines} from '../helpers/request-files.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {FAST, FAST_RUN, killsOf, noteFaults, RUN, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial} from './support/trial.js';

const REQUESTS = 6;
const SPEED = 100;

attackTest(
  {
    group: 'kill',
    attack: 'kill -9 at a file operation of a run in 3 parts, to the joined results',
    unit: 'kills',
  },
  (attack) => killInParts(attack, {flags: ['--max-requests', '2'], parts: 3, seen: () => []}),
);

attackTest(
  {
    group: 'kill',
    attack: 'kill -9 at a file operation of a run with a canary, to the joined results',
    unit: 'kills',
  },
  (attack) => killInParts(attack, {flags: ['--canary', '2'], parts: 2, seen: sentTooEarly}),
);

interface PartsPlan {
  readonly flags: readonly string[];
  readonly parts: number;
  /** What must never be, at any moment. */
  readonly seen: (trial: Trial) => readonly string[];
}

async function killInParts(attack: Attack, {flags, parts, seen}: PartsPlan): Promise<void> {
  const kills = await inTrial(async (trial) => {
    await trial.run([...RUN, ...flags]);
    return killsOf(trial.trace());
  });
  attack.note(`${kills.length} points`);
  const chosen = sampled(kills, amount({short: 12, whole: 200}), attack.random);
  await eachOf(chosen, WIDTH, (fault) =>
    inTrial(async (trial) => {
      await trial.run([...RUN, ...flags], {fault});
      const what = `parts ${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, [...trial.lossesNow(), ...seen(trial)]);
      const {code, stderr} = await trial.run([...FAST_RUN, ...flags], FAST);
      noteFaults(attack, what, code === 0 ? faultsOf(trial, parts) : [`exit ${code}: ${stderr}`]);
      attack.tried();
    }),
  );
}

/** The rest waits until the results of the canary are here. */
function sentTooEarly(trial: Trial): readonly string[] {
  const canary = trial.records().find(({part_of: part}) => part?.index === 1);
  const isEarly = trial.paidAttempts().length > 1 && canary?.results === undefined;
  return isEarly ? ['the rest was sent before the answers of the canary'] : [];
}

async function inTrial<T>(work: (trial: Trial) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await Trial.with({files: 1, speed: SPEED}, async (trial) => {
    writeFileSync(trial.files[0] ?? '', requestLines(REQUESTS));
    result = await work(trial);
  });
  return result as T;
}

/** Each part is paid once and recorded, and the joined file has an answer to each request. */
function faultsOf(trial: Trial, parts: number): readonly string[] {
  const faults: string[] = [];
  const paid = trial.emulator.control.paid();
  if (paid.length !== parts || new Set(paid.map(({sha256}) => sha256)).size !== parts)
    faults.push(`paid: ${paid.map(({display_name: name}) => name).join(', ')}`);
  const indexes = trial.records().map(({part_of: part}) => part?.index);
  if (new Set(indexes).size !== parts || indexes.length !== parts)
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
