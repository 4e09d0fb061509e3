import {lstatSync, unlinkSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import type {JobRecord, StoredResults} from '../../../domain/job/job-record.js';
import {isTakenName} from '../../../domain/taken-name.js';
import {lookAtResults} from '../../job-states/result-files.js';
import {joinedJob} from '../../split/joined-job.js';
import type {FetchDeps, FetchOptions} from '../fetch-options.js';
import {isStill, type FileWithName} from './choose-place.js';
import {isFileOrFree} from './open-target.js';
import {isAmong, refuseLinks, resultTargets, type JobWithResults} from './result-target.js';

type MoveDeps = Pick<FetchDeps, 'store' | 'limiters' | 'createFile'>;

/** What came of the results that are to leave their place. */
export interface Moved {
  /** Batch names of the jobs whose results stay where they are. */
  readonly staying: ReadonlySet<string>;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Earlier results of a request file get a place in the folder for earlier ones, and their records say so. They keep the name
 * that they had as well, until the newer ones take it: a kill at any moment leaves each file under a name that its record has.
 * What was altered stays where it is.
 *
 * @throws GembatchError `STORAGE`, `LOCKED`, `LOCK_LOST`.
 */
export async function moveToEarlier(
  deps: MoveDeps,
  record: JobRecord,
  options: Pick<FetchOptions, 'resultsDir' | 'stop'>,
): Promise<Moved> {
  const {store, limiters} = deps;
  const {resultsDir, stop} = options;
  const {leaving} = resultTargets(record, {store, records: limiters.byName, resultsDir});
  const looks = await lookAtResults(store, leaving, {stop});
  const notes: string[] = [];
  const staying = new Set<string>();
  for (const job of leaving) {
    const {name} = job.batch;
    const state = looks.get(name)?.state;
    const isToMove = state !== undefined && state !== 'altered' && (await isOurs(deps, job));
    const place = isToMove ? await move(deps, job, {isThere: state === 'intact', resultsDir}) : 'none';
    if (place === 'none') staying.add(name);
    else if (place !== 'changed') notes.push(`The results of its earlier job are in ${place.file} now.`);
  }
  return {staying, notes};
}

/** A record may name any file: a request file is none of results, and a link leads elsewhere. */
async function isOurs({store, limiters}: MoveDeps, {results}: JobWithResults): Promise<boolean> {
  const path = store.resolveInput(results.file);
  const isInput = limiters.byName
    .withInput(results.file)
    .some((job) => isAmong(store.resolveInput(job.input_file), [path]));
  return !isInput && (await isFileOrFree(path));
}

/** @returns the results in their new place; `none` when there is no place, `changed` when another process has changed the record. */
async function move(
  deps: MoveDeps,
  job: JobWithResults,
  {isThere, resultsDir}: {readonly isThere: boolean} & Pick<FetchOptions, 'resultsDir'>,
): Promise<StoredResults | 'changed' | 'none'> {
  const {store, limiters} = deps;
  const {root, paths} = resultTargets(job, {store, records: limiters.byName, resultsDir}, {isEarlier: true});
  for (const path of paths) {
    await refuseLinks(root, path);
    const kept = isThere ? await keepAlso(deps, store.resolveInput(job.results.file), path) : undefined;
    if (isThere ? kept === undefined : lstatSync(path, {throwIfNoEntry: false}) !== undefined) continue;
    const time = kept === undefined ? {} : {mtime_ms: kept.stats.mtimeMs};
    const results: StoredResults = {...job.results, file: store.inputName(path), ...time};
    return (await recordMove(deps, job, {results, path, kept, resultsDir})) ? results : 'changed';
  }
  return 'none';
}

/** Results under their new name. */
interface KeptFile extends FileWithName {
  /** Whether nothing had the name before. */
  readonly isNew: boolean;
}

interface Move extends Pick<FetchOptions, 'resultsDir'> {
  readonly results: StoredResults;
  readonly path: string;
  readonly kept: KeptFile | undefined;
}

/**
 * Where another process has changed the record meanwhile, what was kept may be the newer results that stand in the place by
 * now: the name goes again, unless a record has it.
 */
async function recordMove(
  {store, limiters}: MoveDeps,
  job: JobWithResults,
  {results, path, kept, resultsDir}: Move,
): Promise<boolean> {
  const {name} = job.batch;
  const applied = await store.updateJobs((records) => {
    const newest = limiters.underLock.update(records).get(name);
    const known = newest?.input_file === job.input_file ? newest : newest && joinedJob(newest);
    const isAsKnown = known !== undefined && isDeepStrictEqual(known.results, job.results);
    const rules = {store, records: limiters.underLock, resultsDir};
    const {paths} = resultTargets(known ?? job, rules, {isEarlier: true});
    const isThereStill = kept === undefined || isStill(kept);
    if (!isAsKnown || !isThereStill || !paths.includes(path)) {
      const isFree = known !== undefined && paths.includes(path) && !isAmong(path, placeOf(store, known));
      if (kept?.isNew === true && isThereStill && isFree) unlinkSync(path);
      return new Map();
    }
    return new Map([[name, (record: JobRecord): JobRecord => withPlace(record, job, results)]]);
  });
  return applied.has(name);
}

function placeOf(store: MoveDeps['store'], {results}: JobRecord): readonly string[] {
  return results === undefined ? [] : [store.resolveInput(results.file)];
}

/** The record that says where the results of a job are: of joined ones it is that of the first part. */
function withPlace(record: JobRecord, {input_file: file}: JobRecord, results: StoredResults): JobRecord {
  const {joined} = record;
  if (record.input_file === file || joined === undefined) return {...record, results};
  return {...record, joined: {...joined, file: results.file}};
}

/**
 * Gives results a second name, or makes a copy where the file system has no such names. On return it is durable.
 *
 * @returns undefined when something else has the name, or nothing has it any more.
 * @throws GembatchError `STORAGE`
 */
async function keepAlso({createFile}: MoveDeps, from: string, to: string): Promise<KeptFile | undefined> {
  try {
    const file = await createFile(to);
    try {
      await file.fillFrom(from);
      const outcome = await file.commit();
      // Another process that kept the same results may have removed the name.
      const stats = lstatSync(to, {throwIfNoEntry: false});
      return stats && {path: to, stats, isNew: outcome === 'created'};
    } finally {
      await file.discard();
    }
  } catch (error) {
    if (isTakenName(error)) return undefined;
    throw error;
  }
}
