/**
 * Files with anything in them. What gembatch makes of each is compared with what a plain reading by `JSON.parse` makes of
 * it; nothing else than a `GembatchError` is ever thrown, and foreign bytes stay.
 */
import {existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterEach} from '@jest/globals';
import {GembatchError} from '../../src/lib/domain/errors.js';
import {JobStore} from '../../src/lib/store/job-store.js';
import {nodeIo} from '../../src/lib/store/file/store-io.js';
import {inspectFile} from '../../src/lib/workflows/request-file/inspect-file.js';
import {verifyResult} from '../../src/lib/workflows/fetch/verify-result.js';
import {answerRow, blockedRow, embeddingRow, errorRow, requestLine} from '../helpers/result-rows.js';
import {tempDir} from '../helpers/temp-dir.js';
import {SkippingClock} from '../lib/store/clocks.js';
import {addJob, intentFor, jobRecord, recordLine} from '../lib/store/records.js';
import {attackTest, weakenedTest, type Attack} from './support/attack.js';
import {amount} from './support/form.js';
import {fuzzFile, many, nastyLine, nastyMember, nastyValue, pick} from './support/fuzz-bytes.js';
import {judgeRequests, judgeResults, readJournal, readLines, withNewlines} from './support/plain-reading.js';
import {weakenedBuild} from './support/weakened-build.js';

attackTest({group: 'fuzz', attack: 'job-info files and journals', unit: 'files'}, (attack) =>
  fuzzStore(attack, JobStore, amount({short: 3_000, whole: 50_000})),
);

weakenedTest(
  {group: 'fuzz', attack: 'the same with lines dropped that are not understood', unit: 'files'},
  async (attack) => {
    const build = weakenedBuild([
      {
        file: 'lib/store/record/job-lines.js',
        find: 'parts.push(bytes.subarray(copied, job.start), part);',
        replace: 'parts.push(part);',
      },
    ]);
    try {
      const path = join(build.src, 'lib/store/job-store.js');
      const {JobStore: Weakened} = (await import(pathToFileURL(path).href)) as {JobStore: typeof JobStore};
      await fuzzStore(attack, Weakened, 300);
    } finally {
      build.remove();
    }
  },
);

/** Durability is not what is tried here, and it takes almost all the time. */
const HASTY_IO = {...nodeIo, fsync: () => undefined};
const INTACT =
  '{"input_file": "intact.jsonl", "batch": {"name": "batches/intact", "state": "JOB_STATE_PENDING"}}';

const MEMORY = '/dev/shm';
const madeFolders: string[] = [];

afterEach(() => {
  for (const folder of madeFolders.splice(0)) rmSync(folder, {recursive: true, force: true});
});

async function fuzzStore(attack: Attack, Store: typeof JobStore, files: number): Promise<void> {
  const path = join(await quickFolder(), 'job-info.jsonl');
  for (let file = 0; file < files; file += 1) {
    const bytes = fuzzFile(
      many(1 + Math.floor(attack.random() * 6), () => storeLine(attack.random)),
      attack.random,
    );
    const journal = fuzzFile(
      many(Math.floor(attack.random() * 5), () => journalLine(attack.random)),
      attack.random,
    );
    writeFileSync(path, bytes);
    writeFileSync(`${path}.journal`, journal);
    try {
      await useStore(attack, Store.open(path, {command: 'fuzz', clock: new SkippingClock(), io: HASTY_IO}), {
        bytes,
        journal,
      });
    } catch (error) {
      attack.violation(
        `${String(error).slice(0, 200)} with ${shown(bytes)} and the journal ${shown(journal)}`,
      );
    }
    rmSync(`${path}.journal`, {force: true});
    attack.tried();
  }
}

/** In memory where the system has a place for that: a disk writes each replaced file at once, fsync or not. */
async function quickFolder(): Promise<string> {
  const parent = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'gembatch-')) : await tempDir();
  madeFolders.push(parent);
  return realpathSync(parent);
}

function storeLine(random: () => number): string {
  const id = pick(['a', 'b', 'c'], random);
  const make = pick<() => string>(
    [
      () => recordLine(id).trim(),
      () =>
        recordLine(id)
          .trim()
          .replace('{', `{${nastyMember(random)}, `),
      () =>
        recordLine(id)
          .trim()
          .replace('"state":', `${nastyMember(random)}, "state":`),
      () =>
        recordLine(id)
          .trim()
          .replace(/"count":3/, `"count":${nastyValue(random)}`),
      () => `{"input_file": "${id}.jsonl", "job_name": "batches/${id}", "batch": ${nastyValue(random)}}`,
      () => `{"input_file": ${nastyValue(random)}, "batch": {"name": ${nastyValue(random)}}}`,
      () => INTACT,
      () => nastyLine(random),
      () => nastyValue(random),
    ],
    random,
  );
  return make();
}

function journalLine(random: () => number): string {
  const id = pick(['one', 'two', 'a'], random);
  const make = pick<() => string>(
    [
      () => JSON.stringify({intent: intentFor(id)}),
      () => JSON.stringify({intent: intentFor(id)}).replace('"model":', `${nastyMember(random)}, "model":`),
      () => JSON.stringify({done: id, record: jobRecord(`done-${id}`)}),
      () => JSON.stringify({abort: id, reason: ''}),
      () => `{"intent": ${nastyValue(random)}}`,
      () => `{"done": "x", "record": ${nastyValue(random)}}`,
      () => nastyLine(random),
    ],
    random,
  );
  return make();
}

/** Reads, updates and adds, and compares all of it with the plain reading. */
async function useStore(
  attack: Attack,
  store: JobStore,
  {bytes, journal}: {bytes: Buffer; journal: Buffer},
): Promise<void> {
  const say = (what: string): void => attack.violation(`${what}: ${shown(bytes)}, journal ${shown(journal)}`);
  const lines = readLines(bytes);
  const plain = readJournal(journal, lines);
  const {records, openIntents, problems} = store.read();
  const expected = [...lines.flatMap(({job}) => job ?? []), ...plain.unpublished];
  if (String(records.map(({record}) => record.batch.name)) !== String(expected)) say('other records');
  if (String(openIntents.map(({attempt}) => attempt)) !== String(plain.openIntents))
    say('other open intents');

  const job = expected.find((name) => name !== '') ?? 'none';
  await store.updateJobs(new Map([[job, (record) => ({...record, merged_at: 'now'})]]));
  const updated = readFileSync(store.path);
  compareUpdated(say, {before: lines, after: readLines(updated), job});
  const adding = store.withSession({timeoutMs: 0}, async (session) => addJob(session, 'added'));
  const refusal: unknown = await adding.then(
    () => undefined,
    (error: unknown) => error,
  );
  const isRefused = refusal instanceof GembatchError && refusal.code === 'STORAGE';
  // A line that cannot be read may be a job that was paid for: no other is added.
  if (isRefused !== problems.length > 0)
    say(`${problems.length} bad lines, and adding ended with ${String(refusal)}`);
  const jobs = isRefused ? plain.unpublished : [...plain.unpublished, 'batches/added'];
  compareAdded(say, withNewlines(updated), withNewlines(readFileSync(store.path)), jobs);
}

type Say = (what: string) => void;
type PlainLines = ReturnType<typeof readLines>;

/** Each line is as it was to the byte; those of the job have all that they had, and what was changed. */
function compareUpdated(
  say: Say,
  {before, after, job}: {before: PlainLines; after: PlainLines; job: string},
): void {
  if (before.length !== after.length) say('other lines');
  for (const [index, line] of before.entries()) {
    const now = after[index];
    if (line.job !== job) {
      if (now?.text !== line.text) say(`line ${index + 1} changed`);
    } else if (now?.merged !== 'now' || now.foreign !== line.foreign) {
      say(`line ${index + 1} lost something: ${line.foreign.slice(0, 200)} is ${now?.foreign.slice(0, 200)}`);
    }
  }
}

/** Everything is as it was, but for a newline at its end, and the new records follow. */
function compareAdded(say: Say, before: Buffer, after: Buffer, jobs: readonly string[]): void {
  const isOpen = before.length > 0 && before.at(-1) !== 0x0a && jobs.length > 0;
  const end = isOpen ? '\n' : '';
  const start = Buffer.concat([before, Buffer.from(end)]);
  if (!after.subarray(0, start.length).equals(start)) say('bytes changed when a job was added');
  const added = readLines(after.subarray(start.length)).flatMap(({job}) => job ?? []);
  if (String(added) !== String(jobs)) say(`added were ${added.join()} in place of ${jobs.join()}`);
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1').slice(0, 700));
}

attackTest({group: 'fuzz', attack: 'request files', unit: 'files'}, async (attack) => {
  const path = join(await tempDir(), 'requests.jsonl');
  let valid = 0;
  for (let left = amount({short: 1_000, whole: 10_000}); left > 0; left -= 1) {
    const lines = many(1 + Math.floor(attack.random() * 5), (index) => requestLineOf(index, attack.random));
    const bytes = fuzzFile(lines, attack.random);
    writeFileSync(path, bytes);
    const expected = judgeRequests(bytes);
    const said = await inspectFile(path, {validate: true}).then(
      ({count}) => `${count} requests`,
      (error: unknown) =>
        error instanceof GembatchError
          ? `${error.code} ${error.details['line'] ?? ''}`.trim()
          : String(error),
    );
    if (said !== expected) attack.violation(`${said}, not ${expected}: ${shown(bytes)}`);
    if (expected.endsWith('requests')) valid += 1;
    attack.tried();
  }
  attack.note(`${valid} of them valid`);
});

function requestLineOf(index: number, random: () => number): string {
  const line = requestLine(`k${index}`);
  const make = pick<() => string>(
    [
      () => line,
      () => line,
      () => line,
      () => requestLine('k0'),
      () => requestLine('größe \u2028 \0'),
      () => line.replace('"contents":', `"contents": ${nastyValue(random)}, "systemInstruction":`),
      () => line.replace('"maxOutputTokens":', `${nastyMember(random)}, "max_output_tokens":`),
      () => line.replace('"parts":', `${nastyMember(random)}, "role": "user", "parts":`),
      () => line.replace('"text":', `"inlineData": ${nastyValue(random)}, "thought":`),
      () => line.replace('"text":', `${nastyMember(random)}, "text":`),
      () => line.replace('"key":', `${nastyMember(random)}, "key":`),
      () => nastyLine(random),
    ],
    random,
  );
  return make();
}

attackTest({group: 'fuzz', attack: 'result files', unit: 'files'}, async (attack) => {
  const folder = await tempDir();
  const [requestPath, resultPath] = [join(folder, 'requests.jsonl'), join(folder, 'results.jsonl')];
  let rows = 0;
  for (let left = amount({short: 1_000, whole: 10_000}); left > 0; left -= 1) {
    const keys = many(1 + Math.floor(attack.random() * 5), (index) => `k${index}`);
    writeFileSync(requestPath, keys.map((key) => `${requestLine(key)}\n`).join(''));
    const lines = many(Math.floor(attack.random() * 8), () => resultLineOf(attack.random));
    const bytes = fuzzFile(lines, attack.random);
    writeFileSync(resultPath, bytes);
    // Whether a repeated row says the same is not for this plain reading to tell.
    const {repeated: _, ...judged} = judgeResults(bytes, keys);
    const expected = JSON.stringify(judged);
    const said = await verifyResult({
      resultPath,
      requestPath,
      requestSha256: null,
      expectedCount: keys.length,
    }).then(
      ({counts}) =>
        JSON.stringify(
          Object.fromEntries(Object.keys(judged).map((name) => [name, Reflect.get(counts, name)])),
        ),
      (error: unknown) => String(error),
    );
    if (said !== expected) attack.violation(`${said}, not ${expected}: ${shown(bytes)}`);
    rows += lines.length;
    attack.tried();
  }
  attack.note(`${rows} rows`);
});

function resultLineOf(random: () => number): string {
  const key = `k${Math.floor(random() * 6)}`;
  const reason = pick(['STOP', 'MAX_TOKENS', 'SAFETY', 'NEWLY_INVENTED', ''], random);
  const make = pick<() => string>(
    [
      () => answerRow({key}),
      () => answerRow({key}),
      () => answerRow({key, finishReason: reason, text: pick(['', 'text', '\u2028"\\'], random)}),
      () => answerRow({key}).replace('"text":', `"thought": ${nastyValue(random)}, "text":`),
      () => answerRow({key}).replace('"parts":', `${nastyMember(random)}, "parts":`),
      () => answerRow({key}).replace('"candidates":', `"candidates": ${nastyValue(random)}, "others":`),
      () => embeddingRow(key),
      () => errorRow(key),
      () => blockedRow(key),
      () => `{"key": "${key}", "error": ${nastyValue(random)}, "response": ${nastyValue(random)}}`,
      () => `{"key": "${key}", "status": ${nastyValue(random)}, "response": {}}`,
      () => `{"key": ${nastyValue(random)}, "response": {}}`,
      () => nastyLine(random),
    ],
    random,
  );
  return make();
}
