/** A job-info file is damaged, or saved by an editor in another form: what it held was paid for. */
import {readFileSync, writeFileSync} from 'node:fs';
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf} from './support/attack.js';
import {RUN, STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {Trial} from './support/trial.js';

interface Damage {
  readonly how: string;
  /** Whether nothing is lost by it, so that it has to be read. */
  readonly isReadable?: boolean;
  readonly spoil: (text: string, random: () => number) => string | Buffer;
}

const DAMAGES: readonly Damage[] = [
  {how: 'cut within its last line', spoil: (text, random) => text.slice(0, -3 - at(random, lastLine(text)))},
  {how: 'cut, and filled with zeros', spoil: (text, random) => zeroEnd(text, 3 + at(random, lastLine(text)))},
  {how: 'a line without its beginning', spoil: (text, random) => withoutBeginning(text, random)},
  {how: 'pretty-printed', spoil: (text) => eachRecord(text, (record) => JSON.stringify(record, null, 2))},
  {how: 'a JSON array', spoil: (text) => `[${recordsOf(text).join(',')}]`},
  {how: 'trailing commas', spoil: (text) => text.replaceAll('}\n', '},\n')},
  {how: 'UTF-16', isReadable: true, spoil: (text) => utf16(text)},
  {how: 'UTF-16, high byte first', isReadable: true, spoil: (text) => utf16(text).swap16()},
  {how: 'carriage returns alone', isReadable: true, spoil: (text) => text.replaceAll('\n', '\r')},
];

guardedAttack(
  {
    group: 'records',
    attack: 'a job-info file cannot be read whole',
    unit: 'commands',
    rounds: {short: 1, whole: 20},
    guard: {
      without: 'what cannot be read is left out',
      changes: [
        {
          file: 'lib/store/record/unreadable-lines.js',
          find: 'problems.length === 0',
          replace: 'problems.length >= 0',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const damages = bin === undefined ? DAMAGES : DAMAGES.slice(0, 3);
    // A job that is paid again never ends; what was paid for has ended.
    const run = [...RUN, '--timeout', '20m'];
    await eachOf(repeated(damages, rounds), WIDTH, async ({how, isReadable = false, spoil}) => {
      await Trial.with({files: 2, bin}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SUBMIT);
        control.advance(600_000);
        // Nothing but the records keeps the jobs from being paid again.
        control.fault({on: 'batches.list', times: null, fault: {kind: 'body_after', text: '{}'}});
        const damaged = Buffer.from(spoil(readFileSync(trial.jobInfo, 'utf8'), attack.random));
        for (const command of [SUBMIT, run]) {
          writeFileSync(trial.jobInfo, damaged);
          const {code} = await trial.run(command, STEPS);
          attack.tried();
          const what = `${how}: ${command[0]}`;
          if (code !== (isReadable ? EXIT.ok : EXIT.storage)) attack.violation(`${what}: exit ${code}`);
          if (!isReadable && !readFileSync(trial.jobInfo).equals(damaged))
            attack.violation(`${what}: what is left was changed`);
          if (control.paid().length !== 2) attack.violation(`${what}: paid ${control.paid().length}`);
        }
      });
    });
  },
);

/** Below a length, but for what is left at both ends. */
function at(random: () => number, length: number): number {
  return Math.floor(random() * (length - 6));
}

function recordsOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith('{'));
}

function lastLine(text: string): number {
  return recordsOf(text).at(-1)?.length ?? 0;
}

function zeroEnd(text: string, length: number): Buffer {
  return Buffer.from(text).fill(0, text.length - length);
}

function withoutBeginning(text: string, random: () => number): string {
  const [, , second = ''] = recordsOf(text);
  return text.replace(second, second.slice(1 + at(random, second.length)));
}

function eachRecord(text: string, print: (record: unknown) => string): string {
  return recordsOf(text)
    .map((line) => `${print(JSON.parse(line))}\n`)
    .join('');
}

function utf16(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}
