/**
 * Two runs side by side under one cap of $1.00, killed at random: together they pass it by no more than their jobs cost above
 * their high estimates, and leave no file unsent for which there is room.
 */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {EXIT} from '../../src/lib/domain/errors.js';
import {FAST_CLOCK, startCli, type RunningCli} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {attackTest, type Attack} from './support/attack.js';
import {amount} from './support/form.js';
import {untilDone} from './support/until-done.js';

const CAP_USD = 1;
const FILES = 48;
const TRIALS = amount({short: 1, whole: 10});
const SPEED = 60;
const JOB_MS = 60_000;
/** Sums of many numbers are off by less. */
const ROUNDING_USD = 1e-6;

/** Prices at which a few short answers cost cents. */
const PRICES = {
  read_on: '2026-11-28',
  models: {
    [MODEL]: {
      max_input_tokens: 1_000_000,
      max_output_tokens: 65_536,
      prices: [
        {
          services: ['gemini'],
          rates: [{input: {text: 100}, cached_input: {text: 50}, output: {text: 500}}],
          source: 'https://example.org/prices',
          read_on: '2026-11-28',
        },
      ],
    },
  },
};

attackTest(
  {group: 'cost', attack: 'two runs side by side under a cap of $1.00, with 5 kills', unit: 'runs'},
  async (attack) => {
    for (let trial = 0; trial < TRIALS; trial += 1) await runUnderCap(attack);
  },
);

async function runUnderCap(attack: Attack): Promise<void> {
  const folder = await tempDir();
  await writeFile(join(folder, 'prices.json'), JSON.stringify(PRICES));
  for (let file = 0; file < FILES; file += 1) {
    const lines = Array.from({length: 3 + (file % 4)}, (_, i) => requestLine(`r${i + 1}`, file));
    await writeFile(join(folder, `${file % 2 === 0 ? 'a' : 'b'}-${file}.jsonl`), lines.join(''));
  }
  const {emulator, env} = await useEmulator({
    speed: SPEED,
    seed: 1,
    behaviour: {pending_ms: JOB_MS / 3, running_ms: (JOB_MS * 2) / 3},
  });
  const cap = ['--max-cost', `${CAP_USD}`, '--max-cost-since', '2020-01-01', '--prices', 'prices.json'];
  const starter = (files: string) => (): RunningCli =>
    startCli(['run', files, '--model', MODEL, '--interval', '10s', ...cap], {
      cwd: folder,
      env: {...env, GEMBATCH_TEST_SPEED: String(SPEED)},
      nodeArgs: FAST_CLOCK,
    });
  const terms = {pauseMs: 2_500, codes: [EXIT.ok, EXIT.cost_cap]};
  const killed = await Promise.all([
    untilDone(attack, starter('a-*.jsonl'), {...terms, kills: 3}),
    untilDone(attack, starter('b-*.jsonl'), {...terms, kills: 2}),
  ]);
  attack.tried(killed.length);
  await checkCosts(attack, {folder, paid: emulator.control.paid().map(({name}) => name)});
}

async function checkCosts(
  attack: Attack,
  {folder, paid}: {readonly folder: string; readonly paid: readonly string[]},
): Promise<void> {
  const stored = await records(folder);
  const known = new Set(stored.map(({batch}) => batch.name));
  for (const name of paid) if (!known.has(name)) attack.violation(`${name} is paid and not recorded`);
  if (new Set(stored.map(({input_file: file}) => file)).size !== paid.length)
    attack.violation(`${paid.length} jobs were paid for ${stored.length} files`);
  const jobs = stored.map(({usage, estimate}) => ({
    usd: usage?.cost_usd ?? Infinity,
    high: estimate?.cost_usd?.high ?? 0,
  }));
  const spent = jobs.reduce((sum, {usd}) => sum + usd, 0);
  const above = jobs.reduce((sum, {usd, high}) => sum + Math.max(0, usd - high), 0);
  attack.note(
    `${jobs.length} of ${FILES} files for $${spent.toFixed(3)}, $${above.toFixed(3)} above estimates`,
  );
  if (spent > CAP_USD + above + ROUNDING_USD)
    attack.violation(`$${spent} were spent, $${above} above estimates`);
  const dearest = Math.max(...jobs.map(({high}) => high));
  if (jobs.length < FILES && spent + dearest < CAP_USD)
    attack.violation(`only $${spent} were spent, and no file costs more than $${dearest}`);
}

function requestLine(key: string, file: number): string {
  const request = {
    contents: [{parts: [{text: `Name the seas of the planet ${file}.`}]}],
    generationConfig: {maxOutputTokens: 60},
  };
  return `${JSON.stringify({key, request})}\n`;
}
