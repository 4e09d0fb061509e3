/** File systems that ignore case, or that have no hard links (exFAT, SMB, macOS). */
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {requestLines} from '../helpers/request-files.js';
import {MODEL} from '../helpers/submit.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf, type Attack} from './support/attack.js';
import {STEPS, WIDTH} from './support/commands.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {preload, Trial, type TrialRun} from './support/trial.js';

const NO_LINKS: TrialRun = {...STEPS, nodeArgs: preload('no-hard-links.js')};

/** Letters that are one on such file systems, in several spellings. */
const LETTERS = ['a', 'A', 'é', 'É', 'e\u0301', 'E\u0301', 'ß', 'б', 'Б', 'ω', 'Ω'];

guardedAttack(
  {
    group: 'file systems',
    attack: 'names of request files differ in case only',
    unit: 'files',
    rounds: {short: 2, whole: 25},
    guard: {
      without: 'names are compared as they are',
      changes: [
        {
          file: 'lib/workflows/fetch/place/records-by-name.js',
          find: "path.normalize('NFC').toLowerCase()",
          replace: 'path',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const stems = Array.from({length: rounds}, () => Math.floor(attack.random() * 1000));
    await eachOf(stems, WIDTH, async (stem) => {
      await Trial.with({files: 0, bin}, async (trial) => {
        const names = LETTERS.map((letter) => `${stem}${letter}.jsonl`);
        await submitted(trial, names);
        const {code, stderr} = await trial.run(['poll', ...names], NO_LINKS);
        attack.tried(names.length);
        if (code !== EXIT.ok) attack.violation(`exit ${code}: ${stderr}`);
        const targets = trial.records().map(({results}) => results?.file ?? 'none');
        const folded = new Set(targets.map((target) => target.normalize('NFC').toLowerCase()));
        if (folded.size !== names.length) attack.violation(`one target for several: ${targets.join(', ')}`);
        noteResults(attack, trial);
      });
    });
  },
);

guardedAttack(
  {
    group: 'file systems',
    attack: 'no hard links, and another program takes the name of a result',
    unit: 'results',
    rounds: {short: 3, whole: 40},
    guard: {
      without: 'a name is taken, whoever has it',
      changes: [{file: 'lib/store/file/reserved-name.js', find: "'wx'", replace: "'w'"}],
    },
  },
  async (attack, {bin, rounds}) => {
    await eachOf(repeated([['taken.jsonl', 'taken 2.jsonl', 'free.jsonl']], rounds), WIDTH, async (names) => {
      await Trial.with({files: 0, bin}, async (trial) => {
        await submitted(trial, names);
        const {code, stderr} = await trial.run(['poll', ...names], NO_LINKS);
        attack.tried(names.length);
        if (code !== EXIT.ok) attack.violation(`exit ${code}: ${stderr}`);
        for (const name of names.filter((each) => each.startsWith('taken'))) {
          const path = join(trial.folder, 'results', name);
          if (!existsSync(path) || readFileSync(path, 'utf8') !== '# mine\n')
            attack.violation(`${name}: what another program had put there is gone`);
        }
        noteResults(attack, trial);
      });
    });
  },
);

/** Request files of these names, whose jobs are over. */
async function submitted(trial: Trial, names: readonly string[]): Promise<void> {
  for (const name of names) writeFileSync(join(trial.folder, name), requestLines(2, name));
  await trial.run(['submit', ...names, '--model', MODEL]);
  trial.emulator.control.advance(600_000);
}

function noteResults(attack: Attack, trial: Trial): void {
  for (const {input_file: file, results} of trial.records()) {
    const path = join(trial.folder, results?.file ?? 'none');
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (createHash('sha256').update(bytes).digest('hex') !== results?.sha256)
      attack.violation(`${file}: its results are not in ${path}`);
  }
}
