/** Lost results are paid for again once, whenever the retry or the fetch of its answers is killed. */
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf, sampled} from './support/attack.js';
import {FAST, killsOf, noteFaults, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack} from './support/guarded-attack.js';
import {Trial, type FsFault} from './support/trial.js';

const SETTLE = ['retry', '--lost', '001.jsonl', '--yes'];
const POLL = ['poll', '001.jsonl', '--once'];
const RESULT = 'results/001.jsonl';

/** A job whose results were fetched, and are gone here and at the service. */
async function withLostResults(
  bin: string | undefined,
  work: (trial: Trial) => Promise<void>,
): Promise<void> {
  await Trial.with({files: 1, ...(bin === undefined ? {} : {bin})}, async (trial) => {
    await trial.run(SUBMIT);
    trial.emulator.control.advance(60_000);
    await trial.run(POLL);
    rmSync(join(trial.folder, RESULT));
    await work(trial);
  });
}

/** Where a command may be killed: in the retry, or in the poll that fetches its answers. */
type Step = 'retry' | 'poll';

interface Kill {
  readonly step: Step;
  readonly fault: FsFault;
}

async function killsOfBoth(bin: string | undefined): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  await withLostResults(bin, async (trial) => {
    const note = (step: Step): void => {
      kills.push(...killsOf(trial.trace()).map((fault) => ({step, fault})));
    };
    await trial.run(SETTLE);
    note('retry');
    trial.emulator.control.advance(60_000);
    await trial.run(POLL);
    note('poll');
  });
  return kills;
}

guardedAttack(
  {
    group: 'retry',
    attack: 'kill -9 at a file operation of retry --lost or of the poll after it, then both again',
    unit: 'kills',
    rounds: {short: 6, whole: Infinity},
    guard: {
      without: 'the results that are lost keep their place',
      changes: [
        {
          file: 'lib/workflows/fetch/fetch-result.js',
          find: 'await giveUpLostResults(deps, record, options.stop);',
          replace: '',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const kills = sampled(await killsOfBoth(bin), bin === undefined ? rounds : 2, attack.random);
    await eachOf(kills, WIDTH, async ({step, fault}) => {
      await withLostResults(bin, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SETTLE, step === 'retry' ? {fault} : {});
        control.advance(60_000);
        await trial.run(POLL, step === 'poll' ? {fault} : {});
        const what = `${step} ${fault.fate} ${fault.at} (${trial.lastStep()})`;
        noteFaults(attack, what, trial.lossesNow());
        // A person who does not know what came of it does it all again.
        await trial.run(SETTLE, FAST);
        control.advance(60_000);
        const {code, stdout} = await trial.run(POLL, FAST);
        await trial.run(SETTLE, FAST);
        attack.tried();
        const [first, second, ...more] = control.paid();
        if (second === undefined || more.length > 0)
          attack.violation(`${what}: paid ${control.paid().length}`);
        if (second?.sha256 !== first?.sha256) attack.violation(`${what}: other requests were sent`);
        if (code !== EXIT.ok) attack.violation(`${what}: exit ${code}: ${stdout}`);
        const held = trial.records().filter(({results}) => results !== undefined);
        if (held.length !== 1 || held[0]?.results?.file !== RESULT || held[0].results.rows.ok !== 2)
          attack.violation(`${what}: the answers are not in their place`);
      });
    });
  },
);
