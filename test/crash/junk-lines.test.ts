/** What comes as the results of a job has all of its rows, and lines among them that are none. */
import {EXIT} from '../../src/lib/domain/errors.js';
import type {StoredResults} from '../../src/lib/domain/job/job-record.js';
import {eachOf, sampled, type Attack} from './support/attack.js';
import {STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack} from './support/guarded-attack.js';
import {Trial} from './support/trial.js';

/** Lines that are no result rows, and how many of them there are. */
const JUNK: readonly (readonly [text: string, lines: number])[] = [
  ['{"key":"r1","response":{"candida', 1],
  ['didates":[{"content":{"parts":[{"text":"a"}]}}]}}', 1],
  ['<html>\n<body>502 Bad Gateway</body>\n</html>', 3],
  ['{"error":{"code":503,"message":"Try again."}}', 1],
  ['{"response":{"candidates":[]}}', 1],
  ['{"key":"r1"}', 1],
  ['[]\nnull\n7', 3],
  ['\u0000\u0001\ufffd\u0000', 1],
];

const ROWS = ['r1', 'r2'].map((key) =>
  JSON.stringify({key, response: {candidates: [{content: {parts: [{text: 'a'}]}, finishReason: 'STOP'}]}}),
);

/** Before the rows, between them, after them, and after them without the newline that ends a line. */
const PLACES = [0, 1, 2, 3];

interface Spoilt {
  readonly text: string;
  readonly lines: number;
  /** In how many downloads; null for all. */
  readonly times: number | null;
  readonly isCounted: boolean;
}

const EVERY_SPOILT: readonly Spoilt[] = JUNK.flatMap(([junk, lines]) =>
  PLACES.flatMap((place) =>
    [1, 2, null].flatMap((times) =>
      [true, false].map((isCounted) => ({
        text: `${ROWS.toSpliced(place, 0, junk).join('\n')}${place === 3 ? '' : '\n'}`,
        lines,
        times,
        isCounted,
      })),
    ),
  ),
);

guardedAttack(
  {
    group: 'answers',
    attack: 'lines that are no rows among all rows of a result',
    unit: 'downloads',
    rounds: {short: 12, whole: EVERY_SPOILT.length},
    guard: {
      without: 'they are taken for what the service has',
      changes: [
        {
          file: 'lib/workflows/fetch/job-counts.js',
          find: 'if (malformed > 0)',
          replace: 'if (malformed < 0)',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const count = bin === undefined ? rounds : 8;
    await eachOf(sampled(EVERY_SPOILT, count, attack.random), WIDTH, async (spoilt) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SUBMIT);
        control.advance(600_000);
        if (!spoilt.isCounted) await hideCounts(trial);
        const {text, times} = spoilt;
        control.fault({on: 'files.download', times, fault: {kind: 'body_after', text}});
        await checkSpoilt(attack, trial, spoilt);
      });
    });
  },
);

/** From now on the service does not say how many requests of its jobs were answered. */
async function hideCounts({emulator: {control, url}}: Trial): Promise<void> {
  for (const match of control.jobs()) {
    const response = await fetch(`${url}/v1beta/${match}`, {headers: {'x-goog-api-key': 'test-key'}});
    const text = (await response.text()).replace(/"batchStats":\{[^}]*\},/u, '');
    control.fault({on: 'batches.get', match, times: null, fault: {kind: 'body_after', text}});
  }
}

async function checkSpoilt(
  attack: Attack,
  trial: Trial,
  {text, lines, times, isCounted}: Spoilt,
): Promise<void> {
  const {control} = trial.emulator;
  const {code, stderr} = await trial.run(['poll', '001.jsonl'], STEPS);
  attack.tried();
  const what = `${JSON.stringify(text)}, ${times ?? 'each time'}${isCounted ? '' : ', not counted'}`;
  const note = (isBad: boolean, fault: string): void => {
    if (isBad) attack.violation(`${what}: ${fault}`);
  };
  note(code !== (times === null ? EXIT.partial : EXIT.ok), `exit ${code}: ${stderr}`);
  if (times === null) {
    const said = `${lines} line${lines === 1 ? ' that is no result row' : 's that are no result rows'}, the same`;
    note(!stderr.includes(said), `does not say so: ${stderr}`);
    note(control.files().length === 0, 'the upload is deleted');
    await trial.run(['cleanup', '--yes'], STEPS);
    note(control.jobs().length === 0, 'the job is deleted');
    await trial.run(['retry'], STEPS);
    note(
      trial.records().some(({batch}) => batch.name !== control.jobs()[0]),
      'another job is recorded',
    );
    control.clearFaults();
    await trial.run(['retry'], STEPS);
    const again = await trial.run(['poll', '001.jsonl'], STEPS);
    note(again.code !== EXIT.ok, `afterwards exit ${again.code}: ${again.stderr}`);
  }
  note(control.paid().length !== 1, 'paid again');
  const isKept = trial.records().some(({results}) => results === undefined || isSpoilt(results));
  note(isKept || trial.missingResults().length > 0, 'they are kept');
}

function isSpoilt({rows, incomplete}: StoredResults): boolean {
  return rows.malformed > 0 || incomplete !== undefined;
}
