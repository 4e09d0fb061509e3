/** Puts the results of a job in their place and records them. */
import {unlinkSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {GembatchError} from '../../../domain/errors.js';
import type {JobRecord, StoredResults} from '../../../domain/job/job-record.js';
import {isTakenName} from '../../../domain/taken-name.js';
import type {AtomicFile} from '../../../store/file/atomic-file.js';
import type {Arrival} from '../arrival.js';
import type {FetchDeps, FetchOptions} from '../fetch-options.js';
import {choosePlace, isStill, otherPlaceNote, type FileWithName, type Place} from './choose-place.js';
import {moveToEarlier, type Moved} from './move-to-earlier.js';
import {isFileOrFree} from './open-target.js';
import {isNews, retriesToMerge, storedResults, vanishedRecord, withResults} from './record-results.js';
import {caseFolded} from './records-by-name.js';
import {isAmong, resultTargets, type TargetRules} from './result-target.js';
import {jobsOfInput, recordedPlaces} from './same-input.js';

const NOTHING_MOVED: Moved = {staying: new Set(), notes: []};
/** How often it is tried again when another process has changed what a place is for. */
const MOST_TRIES = 20;

/** Results that are in place and recorded. */
interface PutResults {
  readonly results: StoredResults;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

interface Put {
  readonly arrival: Arrival;
  readonly options: Pick<FetchOptions, 'resultsDir' | 'stop'>;
}

/**
 * Puts what has arrived in its place and records it. Earlier results of the request file leave the place first.
 *
 * @throws GembatchError `STORAGE`, `LOCKED`, `LOCK_LOST`.
 */
export async function putResult(deps: FetchDeps, record: JobRecord, put: Put): Promise<PutResults> {
  const {older, newer} = jobsOfInput(record, {store: deps.store, records: deps.limiters.byName});
  const isAlone = older.length === 0 && newer.length === 0 && !put.arrival.isOwn;
  return isAlone ? putAlone(deps, record, put) : putAmongOthers(deps, record, put);
}

async function putAlone(
  deps: FetchDeps,
  record: JobRecord,
  {arrival: {file, received}, options: {resultsDir}}: Put,
): Promise<PutResults> {
  const {store, limiters} = deps;
  const {name} = record.batch;
  const {paths} = resultTargets(record, {store, records: limiters.byName, resultsDir});
  const kinds = await Promise.all(paths.map((path) => isFileOrFree(path)));
  const usable = paths.filter((path, index) => kinds[index] && path !== file.target);
  const path = await commitAt(file, file.target, usable);
  const {mtimeMs} = await stat(path);
  const results = storedResults(deps, {path, mtimeMs}, {record, received});
  let recorded = results;
  const retries = retriesToMerge(
    store,
    store.read().records.map((stored) => stored.record),
    record,
  );
  const note = (newest: JobRecord): JobRecord => {
    const next = withResults(newest, record, {results, received});
    recorded = next.results;
    return next;
  };
  const applied = await store.updateJobs(new Map([...retries, [name, note]]));
  if (!applied.has(name)) throw vanishedRecord(record, {place: results.file, jobInfo: store.path});
  return {results: recorded, notes: path === file.target ? [] : [otherPlaceNote(file.target, path)]};
}

/**
 * Gives the file the first name under which nothing else stands.
 *
 * @returns its path. It may be one that held exactly these bytes before.
 */
async function commitAt(file: AtomicFile, path: string, others: readonly string[]): Promise<string> {
  try {
    await file.commit(path);
    return path;
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !isTakenName(error)) throw error;
    return commitAt(file, next, rest);
  }
}

/**
 * What stands in the place may be the results of another job of the request file, whose record is changed by another process
 * just now. So the file is put in place under the lock under which records change, and recorded at once.
 */
async function putAmongOthers(deps: FetchDeps, record: JobRecord, put: Put): Promise<PutResults> {
  const {arrival, options} = put;
  const {file, isOwn} = arrival;
  const notes: string[] = [];
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const moved = isOwn ? NOTHING_MOVED : await moveToEarlier(deps, record, options);
    notes.push(...moved.notes);
    const place = isOwn ? await ownPlace(file) : await choosePlace(deps, record, {file, ...options});
    try {
      const isChosen = place.leaving.every((name) => moved.staying.has(name));
      const results = isChosen ? await recordAt(deps, record, {...put, place}) : 'changed';
      if (results === 'vanished') throw vanishedRecord(record, {place: null, jobInfo: deps.store.path});
      if (results !== 'changed') {
        // Another process may have put them elsewhere.
        const isHere = results.file === deps.store.inputName(place.path);
        return {results, notes: isHere ? [...notes, ...place.notes] : notes};
      }
    } finally {
      if (place.file !== file) await place.file.discard();
    }
  }
  throw new GembatchError(
    'STORAGE',
    `${record.input_file}: other processes change the place of its results again and again. Nothing was written; the next run fetches them.`,
  );
}

async function ownPlace(file: AtomicFile): Promise<Place> {
  const path = file.target;
  return {path, now: await file.lookAt(path), older: new Map(), leaving: [], file, leftBehind: [], notes: []};
}

async function recordAt(
  {store, clock, limiters}: FetchDeps,
  record: JobRecord,
  {arrival, options, place}: Put & {readonly place: Place},
): Promise<StoredResults | 'changed' | 'vanished'> {
  const {received, isOwn} = arrival;
  const {resultsDir} = options;
  const {name} = record.batch;
  const {path, now, file, leftBehind} = place;
  const {mtimeMs} = await stat(now.isSame ? path : file.temporaryPath);
  const results = storedResults({store, clock}, {path, mtimeMs}, {record, received});
  let end: StoredResults | 'changed' | 'vanished' = 'vanished';
  let failure: unknown;
  const isStillBest = (newest: JobRecord): boolean => {
    const rules = {store, records: limiters.underLock, resultsDir};
    // Where another process has recorded older results meanwhile, a better place may be free by now.
    const {older} = jobsOfInput(newest, rules);
    return (
      isDeepStrictEqual(recordedPlaces(older), place.older) &&
      resultTargets(newest, rules).paths.includes(path)
    );
  };
  await store.updateJobs((records) => {
    const newest = limiters.underLock.update(records).get(name);
    if (newest === undefined) return new Map();
    try {
      end = 'changed';
      if (!isNews(newest, record)) {
        if (!isOwn && !isStillBest(newest)) return new Map();
        if (!file.placeAt(path, now)) return new Map();
        removeNames(leftBehind, newest, {store, records: limiters.underLock});
      }
      const next = withResults(newest, record, {results, received});
      end = next.results;
      return new Map([...retriesToMerge(store, records, record), [name, () => next]]);
    } catch (error) {
      failure = error; // Of this result alone: others may be recorded in the same commit.
      return new Map();
    }
  });
  if (failure !== undefined) throw failure;
  return end;
}

/** Removes what no record calls its results, as long as it is what was seen to be recorded elsewhere. */
function removeNames(
  names: readonly FileWithName[],
  record: JobRecord,
  {store, records}: Pick<TargetRules, 'store' | 'records'>,
): void {
  for (const name of names) {
    const recorded = records
      .withResults(record, new Set([caseFolded(basename(name.path))]))
      .flatMap(({results}) => (results === undefined ? [] : [store.resolveInput(results.file)]));
    if (!isAmong(name.path, recorded) && isStill(name)) unlinkSync(name.path);
  }
}
