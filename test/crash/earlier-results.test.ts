/** A poll that fetches the newer results of a request file, or late older ones, is killed before, after and in the middle of each of its file operations. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {join, relative} from 'node:path';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {requestLines} from '../helpers/request-files.js';
import {MODEL} from '../helpers/submit.js';
import {attackTest, eachOf, sampled, weakenedTest, type Attack} from './support/attack.js';
import {killsOf, noteFaults, RUN, SUBMIT, WIDTH} from './support/commands.js';
import {amount} from './support/form.js';
import {preload, Trial, type FsFault, type TracedStep} from './support/trial.js';
import {withWeakenedBuild} from './support/weakened-build.js';

const POLL = ['poll', '--once', '001.jsonl'];
const RESUBMIT = ['submit', '001.jsonl', '--model', MODEL, '--if-changed', 'submit'];
const RUN_IN_PARTS = [...RUN, '--max-requests', '1'];
/** Times as fast: the jobs of the parts end while a run waits for them. */
const PARTS_SPEED = 100;
/** Requests of the older job and of the newer one. */
const REQUESTS = [2, 3];

interface Order {
  /** Whether the results of the older job are fetched before there is a newer one, and not after its results. */
  readonly isOlderFirst: boolean;
  /** Whether the older results are the joined ones of parts. */
  readonly isJoined?: boolean;
  readonly nodeArgs?: readonly string[];
  readonly bin?: string;
}

const NEWER = 'kill -9 at a file operation of a poll that fetches newer results of a file';

attackTest({group: 'kill', attack: NEWER, unit: 'kills'}, (attack) =>
  killWhileFetching(attack, {isOlderFirst: true}),
);

attackTest({group: 'kill', attack: `${NEWER}, without hard links`, unit: 'kills'}, (attack) =>
  killWhileFetching(attack, {isOlderFirst: true, nodeArgs: preload('no-hard-links.js')}),
);

attackTest({group: 'kill', attack: `${NEWER}, the older ones being joined parts`, unit: 'kills'}, (attack) =>
  killWhileFetching(attack, {isOlderFirst: true, isJoined: true}),
);

attackTest(
  {group: 'kill', attack: 'kill -9 at a file operation of a poll that fetches late results', unit: 'kills'},
  (attack) => killWhileFetching(attack, {isOlderFirst: false}),
);

weakenedTest(
  {group: 'kill', attack: `${NEWER}, when what earlier results leave behind is not known`, unit: 'kills'},
  (attack) =>
    withWeakenedBuild(
      [
        {
          file: 'lib/workflows/fetch/place/choose-place.js',
          find: 'if (stats?.isFile() !== true)',
          replace: 'if (stats !== null)',
        },
      ],
      (bin) => killWhileFetching(attack, {isOlderFirst: true, bin}, beforeThePlace),
    ),
);

const AT_ONCE = 'polls at once that fetch the results of jobs of one request file';

attackTest({group: 'kill', attack: AT_ONCE, unit: 'polls'}, (attack) =>
  fetchAtOnce(attack, amount({short: 8, whole: 200})),
);

weakenedTest(
  {
    group: 'kill',
    attack: `${AT_ONCE}, when a better place that is free by now is not looked for`,
    unit: 'polls',
  },
  (attack) =>
    withWeakenedBuild(
      [
        {
          file: 'lib/workflows/fetch/place/put-result.js',
          find: 'isDeepStrictEqual(recordedPlaces(older), place.older)',
          replace: 'true',
        },
        {
          file: 'lib/workflows/fetch/place/put-result.js',
          find: 'place.leaving.every((name) => moved.staying.has(name))',
          replace: 'true',
        },
      ],
      (bin) => fetchAtOnce(attack, 100, bin),
    ),
);

weakenedTest(
  {
    group: 'kill',
    attack: `${AT_ONCE}, when a second name that is not needed stays, or a note names the wrong place`,
    unit: 'polls',
  },
  (attack) =>
    withWeakenedBuild(
      [
        {
          file: 'lib/workflows/fetch/place/move-to-earlier.js',
          find: 'kept?.isNew === true',
          replace: 'false',
        },
        {
          file: 'lib/workflows/fetch/place/put-result.js',
          find: 'results.file === deps.store.inputName(place.path)',
          replace: 'true',
        },
      ],
      (bin) => fetchAtOnce(attack, 100, bin),
    ),
);

/** The last moments in which the earlier results are recorded in their new place, and the newer ones are not in theirs. */
function beforeThePlace(steps: readonly TracedStep[]): readonly FsFault[] {
  const place = steps.find(({op, to = ''}) => op === 'rename' && to.endsWith('results/001.jsonl'));
  return [0, 1, 2].map((back) => ({at: (place?.n ?? 0) - back, fate: 'before'}));
}

async function killWhileFetching(
  attack: Attack,
  order: Order,
  choose = (steps: readonly TracedStep[]): readonly FsFault[] =>
    sampled(killsOf(fromTheFirstMove(steps)), amount({short: 6, whole: 200}), attack.random),
): Promise<void> {
  const {nodeArgs = []} = order;
  let steps: readonly TracedStep[] = [];
  await withResults(order, async (trial) => {
    await trial.run(POLL, {nodeArgs});
    steps = trial.trace();
  });
  attack.note(`${killsOf(fromTheFirstMove(steps)).length} points`);
  await eachOf(choose(steps), WIDTH, (fault) =>
    withResults(order, async (trial) => {
      await trial.run(POLL, {fault, nodeArgs});
      const what = `${fault.fate} ${fault.at} (${trial.lastStep()})`;
      noteFaults(attack, what, lossesOf(trial));
      const isNameGone = hasEmptyResults(trial);
      const {code, stderr} = await trial.run(POLL, {nodeArgs});
      attack.tried();
      const faults = isNameGone ? lossesOf(trial) : faultsOf(trial);
      noteFaults(attack, what, code === 0 ? faults : [`exit ${code}: ${stderr}`]);
    }),
  );
}

/**
 * Without hard links a name is reserved by a file of our own. A kill between its creation and its first byte leaves an empty
 * file that nobody can tell from a person's: then the results go beside it.
 */
function hasEmptyResults(trial: Trial): boolean {
  const folder = join(trial.folder, 'results');
  return readdirSync(folder, {recursive: true, withFileTypes: true}).some(
    (entry) =>
      entry.isFile() &&
      !entry.name.startsWith('.') &&
      statSync(join(entry.parentPath, entry.name)).size === 0,
  );
}

/** Jobs whose results are all to be fetched, so that each poll moves what the others have just put in place. */
const JOBS_AT_ONCE = 4;
const POLLS_AT_ONCE = 3;

async function fetchAtOnce(attack: Attack, polls: number, bin?: string): Promise<void> {
  const rounds = Array.from({length: Math.ceil(polls / POLLS_AT_ONCE)}, (_, index) => index);
  await eachOf(rounds, 2, async (round) => {
    // One find shows that the attack sees the fault.
    if (bin !== undefined && attack.violations.length > 0) return;
    await Trial.with({files: 1, bin}, async (trial) => {
      await trial.run(SUBMIT);
      for (let job = 2; job <= JOBS_AT_ONCE; job += 1) {
        writeFileSync(trial.files[0] ?? '', requestLines(job + 1));
        await trial.run(RESUBMIT);
      }
      trial.emulator.control.advance(60_000);
      const ends = await Promise.all(
        Array.from({length: POLLS_AT_ONCE}, () => trial.run(['poll', '001.jsonl'], {})),
      );
      attack.tried(POLLS_AT_ONCE);
      const failed = ends.filter(({code}) => code !== 0).map(({code, stderr}) => `exit ${code}: ${stderr}`);
      const said = ends.flatMap(({stderr}) => falseNotes(stderr));
      noteFaults(attack, `round ${round + 1}`, [...failed, ...said, ...misplaced(trial)]);
    });
  });
}

/** The newest results have the place of the request file, and each earlier file is in its own. */
function misplaced(trial: Trial): readonly string[] {
  const records = trial.records().filter(({input_file: file}) => file === '001.jsonl');
  const places = records.map(({results}) => results?.file ?? '');
  const isWrong =
    new Set(places).size !== JOBS_AT_ONCE ||
    places.at(-1) !== 'results/001.jsonl' ||
    places.slice(0, -1).some((place) => !place.startsWith('results/earlier/')) ||
    records.some((record, index) => !hasRows(trial, record, index + 2));
  const found = readdirSync(join(trial.folder, 'results'), {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => relative(trial.folder, join(entry.parentPath, entry.name)));
  const unnamed = found.filter((file) => !places.includes(file));
  return [
    ...(isWrong ? [`places: ${places.join(', ')}`] : []),
    ...unnamed.map((file) => `no record names ${file}`),
  ];
}

/** The newest results have no other place than that of the request file, so nobody may say so. */
function falseNotes(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.includes('/results/001.jsonl holds something else'));
}

/** What comes before it is that of any poll. */
function fromTheFirstMove(steps: readonly TracedStep[]): readonly TracedStep[] {
  return steps.slice(steps.findIndex(({path = '', to = ''}) => `${path} ${to}`.includes('/earlier')));
}

/** Two jobs of one request file, both over, whose results are to be fetched in the given order; one of them is on disk. */
async function withResults(
  {isOlderFirst, isJoined = false, bin}: Order,
  work: (trial: Trial) => Promise<void>,
): Promise<void> {
  await Trial.with({files: 1, bin, speed: isJoined ? PARTS_SPEED : 0}, async (trial) => {
    const finish = (): void => trial.emulator.control.advance(60_000);
    await trial.run(isJoined ? RUN_IN_PARTS : SUBMIT);
    finish();
    if (isOlderFirst) await trial.run(POLL);
    writeFileSync(trial.files[0] ?? '', requestLines(REQUESTS[1] ?? 0));
    if (isJoined) await submitElsewhere(trial);
    else await trial.run(RESUBMIT);
    finish();
    const newest = trial.records().at(-1)?.batch.name ?? '';
    if (!isOlderFirst) await trial.run(['poll', '--once', newest]);
    await work(trial);
  });
}

/** Submits the whole file from another job-info file, whose record is then added to ours, as a merge of branches does. */
async function submitElsewhere(trial: Trial): Promise<void> {
  const other = join(trial.folder, 'other.jsonl');
  rmSync(join(trial.folder, 'parts/001.jsonl.parts.json'));
  // The joined results are in the place of those of an unknown job.
  await trial.run([...RESUBMIT, '--force', '--job-info', other]);
  appendFileSync(trial.jobInfo, readFileSync(other));
  rmSync(other);
}

/** The jobs of the whole file, in their order; parts that are joined are one of them. */
function jobsOf(trial: Trial): readonly JobRecord[] {
  return trial.records().flatMap((record) => {
    const {part_of: part, joined, results} = record;
    if (part === undefined) return record;
    if (joined === undefined || results === undefined) return [];
    return {...record, results: {...results, file: joined.file}};
  });
}

/** What a kill must never do: results that are neither at the service nor where their record says. */
function lossesOf(trial: Trial): readonly string[] {
  const remote = new Set(trial.emulator.control.jobs());
  return [...trial.lossesNow()].concat(
    jobsOf(trial).flatMap((record, index) => {
      const isHere = record.results !== undefined && hasRows(trial, record, REQUESTS[index] ?? 0);
      const isRecordedOnly = record.results !== undefined && !isHere;
      const isKept = remote.has(record.batch.name) && !isRecordedOnly;
      return isHere || isKept ? [] : [`the results of job ${index + 1} are not in ${record.results?.file}`];
    }),
  );
}

function faultsOf(trial: Trial): readonly string[] {
  const faults = [...lossesOf(trial)];
  const places = jobsOf(trial).map(({results}) => results?.file);
  if (places.join() !== 'results/earlier/001.jsonl,results/001.jsonl')
    faults.push(`places: ${places.join(', ')}`);
  const found = readdirSync(join(trial.folder, 'results'), {recursive: true}).map(String).toSorted();
  if (found.join() !== ['001.jsonl', 'earlier', 'earlier/001.jsonl'].join())
    faults.push(`found: ${found.join(', ')}`);
  return faults;
}

function hasRows(trial: Trial, {results}: JobRecord, requests: number): boolean {
  const path = join(trial.folder, results?.file ?? '');
  if (!existsSync(path)) return false;
  const keys = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as {key: string}).key);
  return keys.toSorted().join() === Array.from({length: requests}, (_, i) => `r${i + 1}`).join();
}
