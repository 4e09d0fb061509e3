import {lstatSync, type Stats} from 'node:fs';
import {dirname} from 'node:path';
import type {JobRecord, StoredResults} from '../../../domain/job/job-record.js';
import {takenName} from '../../../domain/taken-name.js';
import type {AtomicFile, FileAtName} from '../../../store/file/atomic-file.js';
import {lookAtResults} from '../../job-states/result-files.js';
import {readHashed} from '../../request-file/read-hashed.js';
import type {FetchDeps, FetchOptions} from '../fetch-options.js';
import {refuseForeignTarget} from './foreign-target.js';
import {isFileOrFree} from './open-target.js';
import {isAmong, placesOf, refuseLinks, resultTargets, type TargetRules} from './result-target.js';
import {jobsOfInput, recordedPlaces} from './same-input.js';

/** Where results are to be, and what stands there now. */
export interface Place {
  readonly path: string;
  readonly now: FileAtName;
  /** Where the older jobs of the request file had their results then; by batch name. */
  readonly older: ReadonlyMap<string, string | undefined>;
  /** Batch names of those whose results kept a better place. */
  readonly leaving: readonly string[];
  /** The finished file, beside its place. */
  readonly file: AtomicFile;
  /** Other names of earlier results, which are in their own place, too. */
  readonly leftBehind: readonly FileWithName[];
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

/** A file as it was under a name. */
export interface FileWithName {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * The first place for the results of a job, one of several of its request file, where nothing else is: what an earlier result
 * has left behind there is in its own place, too.
 *
 * @throws GembatchError `STORAGE`, a `takenName`, when there is none.
 */
export async function choosePlace(
  {store, limiters, createFile}: FetchDeps,
  record: JobRecord,
  {file, resultsDir, stop}: {readonly file: AtomicFile} & Pick<FetchOptions, 'resultsDir' | 'stop'>,
): Promise<Place> {
  const rules = {store, records: limiters.byName, resultsDir};
  const {root, paths, leaving, isLate} = resultTargets(record, rules);
  const {older} = jobsOfInput(record, rules);
  const held = leaving.map((job) => store.resolveInput(job.results.file));
  const [wanted = file.target] = paths;
  for (const path of paths) {
    if (isAmong(path, held) || !(await isFileOrFree(path))) continue;
    const now = await file.lookAt(path);
    const left = await leftBehind(path, older, {rules, stop});
    const isFree = now.stamp === null || left !== undefined;
    if (!isFree && !now.isSame) continue;
    await refuseLinks(root, path);
    const notes = !isLate
      ? []
      : [`Its newer job has results already; these are in ${store.inputName(path)}.`];
    const taken = path === wanted ? [] : [otherPlaceNote(wanted, path)];
    return {
      path,
      // A second name of the earlier results is not theirs any more, even where they are the same.
      now: {...now, isSame: now.isSame && left === undefined},
      older: recordedPlaces(older),
      leaving: leaving.map(({batch}) => batch.name),
      file: await besides(path),
      leftBehind: await namesLeftBehind(path, older, {rules, stop}),
      notes: [...notes, ...taken],
    };
  }
  throw takenName(
    `Cannot write ${wanted}: a file with other content is there. It is untouched.`,
    'that file',
  );

  /** Newer results may have come since the download began: then these go to another folder. */
  async function besides(path: string): Promise<AtomicFile> {
    if (dirname(path) === dirname(file.target)) return file;
    await refuseForeignTarget(record, path, {store, resultsDir});
    const moved = await createFile(path);
    await moved.fillFrom(file.temporaryPath);
    return moved;
  }
}

/** Says that the best place was not free. */
export function otherPlaceNote(wanted: string, path: string): string {
  return `${wanted} holds something else and is untouched; the results are in ${path}.`;
}

interface LookOptions {
  readonly rules: Pick<TargetRules, 'store'>;
  readonly stop: AbortSignal;
}

async function namesLeftBehind(
  place: string,
  older: readonly JobRecord[],
  options: LookOptions & {readonly rules: TargetRules},
): Promise<readonly FileWithName[]> {
  const names = new Set(older.flatMap((job) => placesOf(job, options.rules).plain));
  const found: FileWithName[] = [];
  for (const path of names) {
    const stats = isAmong(path, [place]) ? undefined : await leftBehind(path, older, options);
    if (stats !== undefined) found.push({path, stats});
  }
  return found;
}

/** The file at a name, if it is a second name, or a copy, of results that are recorded elsewhere, and there as they were fetched. */
export async function leftBehind(
  path: string,
  older: readonly JobRecord[],
  {rules: {store}, stop}: LookOptions,
): Promise<Stats | undefined> {
  const stats = statsOf(path);
  if (stats?.isFile() !== true) return undefined;
  for (const job of older) {
    const {results} = job;
    if (results === undefined || isAmong(store.resolveInput(results.file), [path])) continue;
    const looks = await lookAtResults(store, [job], {stop});
    if (looks.get(job.batch.name)?.state !== 'intact') continue;
    const kept = statsOf(store.resolveInput(results.file));
    const isSecondName = kept?.ino === stats.ino && kept.dev === stats.dev;
    if (isSecondName || (await holds(path, stats, results))) return stats;
  }
  return undefined;
}

async function holds(path: string, {size}: Stats, results: StoredResults): Promise<boolean> {
  if (size !== results.size_bytes) return false;
  try {
    return (await readHashed(path, size, () => true)) === results.sha256;
  } catch {
    return false; // What is not ours to read is another file.
  }
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, {throwIfNoEntry: false});
}

/** Whether a name still stands for the same file, unchanged. */
export function isStill({path, stats}: FileWithName): boolean {
  const now = statsOf(path);
  return (
    now?.ino === stats.ino &&
    now.dev === stats.dev &&
    now.size === stats.size &&
    now.mtimeMs === stats.mtimeMs
  );
}
