/**
 * Merges the answers of a retry into the results of the job that it retries, so that one result file holds the best
 * answer to each request.
 *
 * The merge may be done any number of times: it takes out every row that the retry answers well and adds the retry's
 * row. A kill between the new file and its record is therefore made good by the next merge.
 */
import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {isDeepStrictEqual} from 'node:util';
import {GembatchError} from '../../domain/errors.js';
import {fieldOf, isText} from '../../domain/json/json-object.js';
import {KeyTable} from '../../domain/request-key/key-table.js';
import type {JobRecord, MergedFile, StoredResults} from '../../domain/job/job-record.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {isKept} from '../../domain/job/job-progress.js';
import {mergeTargetOf} from '../../domain/job/replaced-jobs.js';
import {areAnswersChecked} from '../../domain/result/row-counts.js';
import {readResultRow} from '../../domain/result/result-row.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {readChunks} from '../request-file/read-chunks.js';
import {readRequestKeys} from '../request-file/read-request-keys.js';
import {glanceAtResults, refuseAltered} from '../job-states/result-files.js';
import {verifyResult} from '../fetch/verify-result.js';
import {ownCommand} from '../../domain/program-name.js';

export type MergeDeps = Pick<PollDeps, 'store' | 'clock' | 'createFile'>;

const NEWLINE = Buffer.from('\n');

/**
 * Merges all retries whose results are here and not merged yet, a retry of a retry first.
 *
 * When it returns, each merged file and the record that says so are durable.
 *
 * @returns why some could not be merged, one sentence each; they are tried again the next time.
 * @throws GembatchError `LOCKED`, `LOCK_LOST`, and `STORAGE` when the job-info file cannot be read.
 */
export async function mergeRetries(deps: MergeDeps): Promise<readonly string[]> {
  const messages: string[] = [];
  let known = recordsByName(deps);
  const retries = [...known.values()].filter(({retry_of: parent}) => parent !== undefined);
  // A retry is recorded after the job that it retries, so the last ones come first.
  for (const {batch} of retries.toReversed()) {
    const retry = known.get(batch.name);
    if (retry?.results === undefined || retry.merged_at !== undefined) continue;
    const parent = mergeTargetOf(retry, known);
    if (parent === undefined) continue;
    try {
      // That results are lost is said of their job.
      if ([parent, retry].some((job) => isLost(deps, job))) continue;
      await refuseAltered(deps.store, [parent, retry]);
      await merge(deps, parent, {retry, into: parent.results, from: retry.results});
      const mergedAt = new Date(deps.clock.now()).toISOString();
      await change(deps, retry, (newest) => ({...newest, merged_at: mergedAt}));
    } catch (error) {
      messages.push(mergeErrorText(parent, error));
    }
    known = recordsByName(deps);
  }
  return messages;
}

/** What keeps one result from being merged concerns its own files; a lock concerns all, and a defect is one. */
function mergeErrorText({input_file: file}: JobRecord, error: unknown): string {
  const isOfFiles =
    error instanceof GembatchError
      ? error.code !== 'LOCKED' && error.code !== 'LOCK_LOST'
      : isText(fieldOf(error, 'code'));
  if (!isOfFiles || !(error instanceof Error)) throw error;
  return `The answers of the retry of ${file} are not merged into its results (${error.message}). To fetch the results again: ${ownCommand(`results ${file}`)}`;
}

function isLost({store}: MergeDeps, record: JobRecord): boolean {
  return !isKept(record) && glanceAtResults(store, record) === 'missing';
}

/** All records as they are now, in the order of the job-info file. */
function recordsByName({store}: MergeDeps): ReadonlyMap<string, JobRecord> {
  return new Map(store.read().records.map(({record}) => [record.batch.name, record]));
}

interface Merge {
  readonly retry: JobRecord;
  readonly into: StoredResults;
  readonly from: StoredResults;
}

async function merge(deps: MergeDeps, parent: JobRecord, {retry, into, from}: Merge): Promise<void> {
  const {store} = deps;
  const [target, source] = [store.resolveInput(into.file), store.resolveInput(from.file)];
  await refuseForeign(target);
  const file = await deps.createFile(target, {overwrite: true});
  let merging: MergedFile;
  try {
    const isAsked = (await askedKeys(deps, retry)) ?? (await unansweredKeys(target));
    const answered = await goodKeys(source, isAsked);
    const hash = createHash('sha256');
    const append = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await file.append(bytes);
    };
    await copyRows(target, append, (key) => key === null || answered.find(key) === -1);
    await copyRows(source, append, (key) => key !== null && answered.find(key) !== -1);
    merging = {size_bytes: file.sizeBytes, sha256: hash.digest('hex')};
    await putMerged(deps, parent, {file, into, merging});
  } finally {
    await file.discard();
  }
  const verified = await verifyResult({
    requestPath: store.resolveInput(parent.input_file),
    requestSha256: parent.sha256 ?? null,
    expectedCount: parent.count,
    resultPath: target,
    checksAnswers: areAnswersChecked(into.rows),
  });
  if (verified.sha256 !== merging.sha256) throw movedMeanwhile(parent);
  const {mtimeMs} = await stat(target);
  await change(deps, parent, ({results, merged_at: _behind, ...newest}) => {
    if (results?.merging?.sha256 !== merging.sha256) return undefined;
    const {merging: _done, incomplete, ...known} = results;
    // From now on it is no more what the service sends.
    const lacking = incomplete === undefined ? {} : {incomplete: {expected_rows: incomplete.expected_rows}};
    const {counts: rows, sizeBytes, sha256} = verified;
    // What it is merged into, in turn, is behind now.
    return {
      ...newest,
      results: {...known, ...lacking, rows, size_bytes: sizeBytes, sha256, mtime_ms: mtimeMs},
    };
  });
}

/** Newer results of the same request file may take the place, and these be moved, while the rows are copied. */
async function putMerged(
  deps: MergeDeps,
  parent: JobRecord,
  {
    file,
    into,
    merging,
  }: {readonly file: AtomicFile; readonly into: StoredResults; readonly merging: MergedFile},
): Promise<void> {
  await file.finish();
  const now = await file.lookAt(file.target);
  const known = {...into, merging};
  // Recorded before the file exists: after a kill it would be taken for one that was altered by hand.
  await change(deps, parent, (newest) =>
    isDeepStrictEqual(newest.results, into) ? {...newest, results: known} : undefined,
  );
  let failure: unknown = movedMeanwhile(parent);
  await deps.store.updateJobs((records) => {
    const newest = records.find(({batch}) => batch.name === parent.batch.name);
    try {
      const isAsKnown = isDeepStrictEqual(newest?.results, known);
      if (isAsKnown && file.placeAt(file.target, now)) failure = undefined;
    } catch (error) {
      failure = error; // Of this result alone: other changes may be in the same commit.
    }
    return new Map();
  });
  if (failure !== undefined) throw failure;
}

/** @throws GembatchError `STORAGE` when the record is not what the change is made for. */
async function change(
  {store}: MergeDeps,
  job: JobRecord,
  to: (newest: JobRecord) => JobRecord | undefined,
): Promise<void> {
  let isMade = false;
  await store.updateJobs(
    new Map([
      [
        job.batch.name,
        (newest: JobRecord): JobRecord => {
          const next = to(newest);
          isMade = next !== undefined;
          return next ?? newest;
        },
      ],
    ]),
  );
  if (!isMade) throw movedMeanwhile(job);
}

function movedMeanwhile({results}: JobRecord): GembatchError {
  return new GembatchError(
    'STORAGE',
    `another process has changed ${results?.file ?? 'them'} meanwhile; the next run merges them`,
  );
}

/**
 * A job-info file may come from anybody, and name any file as a result. What is written over is a result file by its
 * content: it has a row that answers a request.
 *
 * @throws GembatchError `STORAGE`
 */
async function refuseForeign(path: string): Promise<void> {
  let hasRow = false;
  await eachRow(path, async (bytes) => {
    const {key, outcome} = readResultRow(bytes);
    hasRow ||= key !== null && outcome !== 'malformed';
  });
  if (!hasRow) throw new GembatchError('STORAGE', `${path} holds no results; it is untouched`);
}

/** The keys that a result file answers well, of those that were asked for. */
async function goodKeys(path: string, isAsked: (key: string) => boolean): Promise<KeyTable> {
  const keys = new KeyTable();
  await eachRow(path, async (bytes) => {
    const {key, outcome} = readResultRow(bytes);
    if (key !== null && outcome === 'ok' && isAsked(key)) keys.add(key);
  });
  return keys;
}

/** Which keys a retry asked for; undefined when its request file is gone or has changed. */
async function askedKeys(
  {store}: MergeDeps,
  {input_file: file, sha256, count}: JobRecord,
): Promise<((key: string) => boolean) | undefined> {
  const {keys} = await readRequestKeys({
    requestPath: store.resolveInput(file),
    requestSha256: sha256 ?? null,
    expectedCount: count,
  });
  return keys === null ? undefined : (key) => keys.find(key) !== -1;
}

/** Where it is unknown what was asked for, a good answer is not replaced. */
async function unansweredKeys(path: string): Promise<(key: string) => boolean> {
  const good = await goodKeys(path, () => true);
  return (key) => good.find(key) === -1;
}

/** Copies the rows whose key is wanted; of several rows with one key, all that come. */
async function copyRows(
  path: string,
  append: (bytes: Uint8Array) => Promise<void>,
  isWanted: (key: string | null) => boolean,
): Promise<void> {
  await eachRow(path, async (bytes) => {
    if (!isWanted(readResultRow(bytes).key)) return;
    await append(bytes);
    await append(NEWLINE);
  });
}

async function eachRow(path: string, take: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  let rows: Uint8Array[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    // A copy, because the chunk is filled anew while the row is written.
    if (!isBlank(bytes, start, end)) rows.push(bytes.slice(start, end));
  });
  const flush = async (): Promise<void> => {
    for (const row of rows) await take(row);
    rows = [];
  };
  for await (const chunk of readChunks(path)) {
    splitter.push(chunk);
    await flush();
  }
  splitter.finish();
  await flush();
}
