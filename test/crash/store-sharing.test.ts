/**
 * Processes that submit, poll and read one job-info file at the same time, and are killed: nothing acknowledged may be
 * lost, and no reader may see anything but whole records and the foreign lines as they were.
 */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {once} from 'node:events';
import {join} from 'node:path';
import {tempDir} from '../helpers/temp-dir.js';
import {openStore, sideFiles} from '../lib/store/store-fixture.js';
import {attackTest, weakenedTest, type Attack} from './support/attack.js';
import {SHIPPED, startChild, type Child} from './support/contender.js';
import {amount} from './support/form.js';
import {FOREIGN_LINES, SHARED_JOBS, sharedFile, type ShareOptions} from './support/shared-file.js';
import {weakenedBuild, type Weakening} from './support/weakened-build.js';

const READERS = 2;

attackTest(
  {group: 'sharing', attack: '4 pollers, 4 submitters and 2 readers, and kills', unit: 'commits'},
  (attack) =>
    share(attack, {
      src: SHIPPED,
      commits: amount({short: 60, whole: 500}),
      kills: amount({short: 3, whole: 12}),
    }),
);

weakenedTest({group: 'sharing', attack: 'the same without the commit lock', unit: 'commits'}, (attack) =>
  shareWeakened(attack, {
    file: 'lib/store/lock/commit-lock.js',
    find: 'const lock = this.#contender.try();',
    replace: 'const lock = {release() {}, isOurs: () => true};',
  }),
);

weakenedTest(
  {group: 'sharing', attack: 'the same with a file that is written in place', unit: 'commits'},
  (attack) =>
    shareWeakened(attack, {
      file: 'lib/store/file/file-io.js',
      find: 'rename: renameSync,',
      // Half of it, and a moment later the rest, so that finding it is no matter of luck.
      replace: `rename: (from, to) => {
        const fs = process.getBuiltinModule('node:fs');
        const bytes = fs.readFileSync(from);
        fs.writeFileSync(to, bytes.subarray(0, bytes.length >> 1));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        fs.appendFileSync(to, bytes.subarray(bytes.length >> 1));
      },`,
    }),
);

async function shareWeakened(attack: Attack, weakening: Weakening): Promise<void> {
  const build = weakenedBuild([weakening]);
  try {
    await share(attack, {src: build.src, commits: 25, kills: 0});
  } finally {
    build.remove();
  }
}

interface Sharing {
  readonly src: string;
  /** How often each process commits, and how often it is killed meanwhile. */
  readonly commits: number;
  readonly kills: number;
}

async function share(attack: Attack, {src, commits, kills}: Sharing): Promise<void> {
  const folder = await tempDir();
  const files = {src, path: join(folder, 'job-info.jsonl'), log: join(folder, 'log')};
  writeFileSync(files.path, sharedFile());
  const readers = Array.from({length: READERS}, (_, index) =>
    startShare({...files, name: `reader${index}`, role: 'reader', from: 0, to: 0}),
  );
  const lives = (['poller', 'submitter'] as const).flatMap((role) =>
    Array.from({length: 4}, (_, index) =>
      liveAndDie(attack, {...files, name: `${role}${index}`, role, from: 0, to: commits}, kills),
    ),
  );
  const deaths = (await Promise.all(lives)).reduce((sum, one) => sum + one, 0);
  const reads = (await Promise.all(readers.map((reader) => endReader(reader)))).reduce((a, b) => a + b, 0);
  attack.note(`${deaths} kills, ${reads} reads`);
  await checkAll(attack, files);
}

/** A process with what it said when it failed. */
type Sharer = Child & {errorText: string};

function startShare(options: ShareOptions): Sharer {
  const child = Object.assign(startChild('share', options), {errorText: ''});
  child.stderr.setEncoding('utf8').on('data', (text: string) => (child.errorText += text));
  return child;
}

/** One process, started again whenever it was killed, until all its rounds are done. Returns how often it was. */
async function liveAndDie(attack: Attack, options: ShareOptions, kills: number): Promise<number> {
  let deaths = 0;
  for (let life = 0; ; life += 1) {
    const from = nextRound(options);
    if (from >= options.to) return deaths;
    const child = startShare({...options, from});
    const timer = life < kills && setTimeout(() => child.kill('SIGKILL'), 150 + attack.random() * 600);
    await once(child, 'close');
    if (timer) clearTimeout(timer);
    if (child.signalCode === 'SIGKILL') deaths += 1;
    else if (child.exitCode !== 0) {
      attack.violation(`${options.name} failed: ${child.errorText}`);
      return deaths;
    }
  }
}

/** The round after the last one that it acknowledged. */
function nextRound({log, name}: ShareOptions): number {
  const rounds = notesIn(log).filter((line) => line.startsWith(`${name} round `));
  return rounds.length === 0 ? 0 : Number(rounds.at(-1)?.split(' ')[2]) + 1;
}

function notesIn(log: string): readonly string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

async function endReader(reader: Sharer): Promise<number> {
  reader.stdin.end();
  const [text] = await once(reader.stdout.setEncoding('utf8'), 'data');
  return Number(text);
}

async function checkAll(attack: Attack, {path, log}: {path: string; log: string}): Promise<void> {
  // Publishes what a killed submitter could not, and sweeps what the dead left.
  await openStore(path).withSession({timeoutMs: 0}, async (session) => {
    for (const {attempt} of session.snapshot().openIntents) session.abort(attempt, 'its process was killed');
  });
  const records = openStore(path)
    .read()
    .records.map(({record}) => record);
  const counts = new Map(records.map(({batch, count}) => [batch.name, count ?? 0]));
  if (counts.size !== records.length) attack.violation('a job is there twice');
  checkNotes(attack, notesIn(log), counts);
  checkForeign(attack, path);
  const sideNames = sideFiles(path);
  if (sideNames.length > 0) attack.violation(`left behind: ${sideNames.join(', ')}`);
}

/** What was acknowledged is there: no value was counted twice, no count is behind, no job is missing. */
function checkNotes(attack: Attack, notes: readonly string[], counts: ReadonlyMap<string, number>): void {
  const counted = new Set<string>();
  for (const note of notes) {
    const [name = '', what, job = '', value = '0'] = note.split(' ');
    if (what === 'round') attack.tried();
    else if (what === 'saw') attack.violation(note);
    else if ((counts.get(`batches/${job}`) ?? -1) < Number(value)) attack.violation(`lost: ${note}`);
    else if (what === 'counted') {
      const key = `${job} ${value}`;
      if (counted.has(key)) attack.violation(`${name} overwrote another update: ${note}`);
      counted.add(key);
    }
  }
}

/** The foreign lines are there to the byte, and so is what another program wrote into a record. */
function checkForeign(attack: Attack, path: string): void {
  const lines = readFileSync(path, 'latin1').split('\n');
  const foreign = lines.filter((line) => !line.startsWith('{"input_file"'));
  if (foreign.join('\n') !== [...FOREIGN_LINES, ''].join('\n')) attack.violation('foreign lines changed');
  const kept = lines.filter((line) => line.includes('"of_another":[null]'));
  if (kept.length !== SHARED_JOBS.length) attack.violation('foreign fields changed');
}
