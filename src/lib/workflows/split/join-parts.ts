/** Puts the results of the parts of a request file together as one file, once all of them are here. */
import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {isFinished} from '../../domain/job/job-progress.js';
import type {JobRecord, JoinedResults, StoredResults} from '../../domain/job/job-record.js';
import {refuseForeignTarget} from '../fetch/place/foreign-target.js';
import {leftBehind} from '../fetch/place/choose-place.js';
import {FetchLimiters} from '../fetch/fetch-limiters.js';
import {moveToEarlier} from '../fetch/place/move-to-earlier.js';
import {isAmong, placesOf, refuseLinks, resultTargets} from '../fetch/place/result-target.js';
import {jobsOfInput} from '../fetch/place/same-input.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {takenName} from '../../domain/taken-name.js';
import type {AtomicFile, FileAtName} from '../../store/file/atomic-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {refuseAltered} from '../job-states/result-files.js';
import {readChunks} from '../request-file/read-chunks.js';
import {wholeJob} from './joined-job.js';

export type JoinDeps = Pick<PollDeps, 'store' | 'createFile'>;

const NEWLINE = 0x0a;

/** The parts of one file that all have their results, in order. */
interface WholeFile {
  readonly inputFile: string;
  /** The record of the first part, which says where the results are. */
  readonly first: JobRecord;
  /** As recorded of it, or of the same part when that was submitted before. */
  readonly joined: JoinedResults | undefined;
  /** The records that hold the results of the parts, in order. */
  readonly parts: readonly FetchedPart[];
}

type FetchedPart = JobRecord & {readonly results: StoredResults};

/**
 * Joins the results of all files whose parts are complete, unless they are joined as they are now. Rows are copied as they
 * are; those of a part are in the order in which the service sent them.
 *
 * @param resultsDir - absolute; null for `results` beside each request file.
 * @returns why some could not be joined, one sentence each; they are tried again the next time.
 */
export async function joinParts(deps: JoinDeps, resultsDir: string | null): Promise<readonly string[]> {
  const messages: string[] = [];
  for (const whole of wholeFiles(deps.store.read().records.map(({record}) => record))) {
    try {
      await join(deps, whole, resultsDir);
    } catch (error) {
      if (!(error instanceof GembatchError) || !['STORAGE', 'FILE_CHANGED'].includes(error.code)) throw error;
      messages.push(`The results of the parts of ${whole.inputFile} are not joined: ${error.message}`);
    }
  }
  return messages;
}

function wholeFiles(records: readonly JobRecord[]): readonly WholeFile[] {
  const groups = new Map<string, Map<number, JobRecord>>();
  const joined = new Map<string, JoinedResults>();
  for (const record of records) {
    const {part_of: part} = record;
    if (part === undefined) continue;
    const name = `${part.sha256} ${part.input_file}`;
    const group = groups.get(name) ?? new Map<number, JobRecord>();
    groups.set(name, group.set(part.index, record));
    if (record.joined !== undefined) joined.set(name, record.joined);
  }
  if (groups.size === 0) return [];
  const newest = new Map(records.map((record) => [record.input_file, record]));
  // A part whose job failed has its results from a later one.
  const fetched = new Map(
    records.flatMap((record) => {
      const {results} = record;
      return results === undefined ? [] : [[record.input_file, {...record, results}] as const];
    }),
  );
  return [...groups].flatMap(([name, group]) => {
    const first = group.get(1);
    if (first?.part_of === undefined) return [];
    const {of, input_file: inputFile} = first.part_of;
    const here = Array.from({length: of}, (_, position) => {
      const file = group.get(position + 1)?.input_file ?? '';
      const latest = newest.get(file);
      // Of parts that were submitted again, to another model, all are waited for.
      return latest !== undefined && isFinished(latest) ? fetched.get(file) : undefined;
    }).filter((part) => part !== undefined);
    return here.length < of ? [] : [{inputFile, first, joined: joined.get(name), parts: here}];
  });
}

async function join(
  deps: JoinDeps,
  {first, joined, parts}: WholeFile,
  resultsDir: string | null,
): Promise<void> {
  const {store} = deps;
  const from = createHash('sha256')
    .update(parts.map(({results}) => results.sha256).join(' '))
    .digest('hex');
  const known = joined === undefined ? undefined : store.resolveInput(joined.file);
  const isThere = known !== undefined && (await sizeOf(known)) === joined?.size_bytes;
  if (isThere && joined?.from === from) return;
  // A part whose results are gone is fetched again, or lost, which is said of the part.
  if (!(await refuseAltered(store, parts))) return;
  const limiters = new FetchLimiters(new FreshStore(store));
  const whole = wholeJob(first);
  const {signal: stop} = new AbortController();
  await moveToEarlier({...deps, limiters}, whole, {resultsDir, stop});
  const rules = {store, records: limiters.byName, resultsDir};
  const {root, plain, earlier} = placesOf(whole, rules);
  const places = resultTargets(whole, rules).isLate ? earlier : plain;
  const [place = ''] = places;
  const target = known !== undefined && isAmong(known, places) ? known : place;
  await refuseForeignTarget(whole, target, {store, resultsDir});
  await refuseLinks(root, target);
  const {file, sha256} = await copyAll(deps, target, parts);
  try {
    const now = await file.lookAt(target);
    const {older} = jobsOfInput(whole, rules);
    // A record may name any file: what is written over stands where we put it, or is recorded elsewhere.
    const isOurs =
      (isThere && known === target) || (await leftBehind(target, older, {rules, stop})) !== undefined;
    if (now.stamp !== null && !now.isSame && !isOurs)
      throw takenName(
        `Cannot write ${target}: a file with other content is there. It is untouched.`,
        'that file',
      );
    await put(deps, first, {
      file,
      now,
      joined: {file: store.inputName(target), size_bytes: file.sizeBytes, from, sha256},
    });
  } finally {
    await file.discard();
  }
}

async function copyAll(
  {store, createFile}: JoinDeps,
  target: string,
  parts: readonly FetchedPart[],
): Promise<{readonly file: AtomicFile; readonly sha256: string}> {
  const file = await createFile(target, {overwrite: true});
  const hash = createHash('sha256');
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await file.append(bytes);
  };
  try {
    for (const {results} of parts) {
      let last = NEWLINE;
      for await (const chunk of readChunks(store.resolveInput(results.file))) {
        await append(chunk);
        last = chunk.at(-1) ?? last;
      }
      if (last !== NEWLINE) await append(Uint8Array.of(NEWLINE));
    }
    await file.finish();
    return {file, sha256: hash.digest('hex')};
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Puts the joined file in place and records it, unless the place has become that of other results. */
async function put(
  {store}: JoinDeps,
  {batch: {name}}: JobRecord,
  {file, now, joined}: {readonly file: AtomicFile; readonly now: FileAtName; readonly joined: JoinedResults},
): Promise<void> {
  let failure: unknown = new GembatchError(
    'STORAGE',
    `Another process has changed ${joined.file} meanwhile; the next run joins them.`,
  );
  await store.updateJobs((records) => {
    const isTaken = records.some(({results}) => results?.file === joined.file);
    try {
      if (isTaken || !file.placeAt(file.target, now)) return new Map();
      failure = undefined;
    } catch (error) {
      failure = error; // Of this file alone: other changes may be in the same commit.
      return new Map();
    }
    return new Map([[name, (record: JobRecord): JobRecord => ({...record, joined})]]);
  });
  if (failure !== undefined) throw failure;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({size}) => size,
    () => undefined,
  );
}
