/** Puts the results of the parts of a request file together as one file, once all of them are here. */
import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord, JoinedResults, StoredResults} from '../../domain/job/job-record.js';
import {refuseForeignTarget} from '../fetch/place/foreign-target.js';
import {plainTarget, refuseLinks} from '../fetch/place/result-target.js';
import type {PollDeps} from '../poll/poll-run.js';
import {refuseAltered} from '../job-states/result-files.js';
import {readChunks} from '../request-file/read-chunks.js';

export type JoinDeps = Pick<PollDeps, 'store' | 'createFile'>;

const NEWLINE = 0x0a;

/** The parts of one file that all have their results, in order. */
interface WholeFile {
  readonly inputFile: string;
  /** The record of the first part, which says where the results are. */
  readonly first: JobRecord;
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
  for (const record of records) {
    const {part_of: part} = record;
    if (part === undefined) continue;
    const name = `${part.sha256} ${part.input_file}`;
    const group = groups.get(name) ?? new Map<number, JobRecord>();
    groups.set(name, group.set(part.index, record));
  }
  if (groups.size === 0) return [];
  // A part whose job failed has its results from a later one.
  const fetched = new Map(
    records.flatMap((record) => {
      const {results} = record;
      return results === undefined ? [] : [[record.input_file, {...record, results}] as const];
    }),
  );
  return [...groups.values()].flatMap((group) => {
    const first = group.get(1);
    if (first?.part_of === undefined) return [];
    const {of, input_file: inputFile} = first.part_of;
    const here = Array.from({length: of}, (_, position) =>
      fetched.get(group.get(position + 1)?.input_file ?? ''),
    ).filter((part) => part !== undefined);
    return here.length < of ? [] : [{inputFile, first, parts: here}];
  });
}

async function join(
  deps: JoinDeps,
  {inputFile, first, parts}: WholeFile,
  resultsDir: string | null,
): Promise<void> {
  const {store} = deps;
  const {joined, batch} = first;
  const from = createHash('sha256')
    .update(parts.map(({results}) => results.sha256).join(' '))
    .digest('hex');
  const known = joined === undefined ? undefined : store.resolveInput(joined.file);
  const isThere = known !== undefined && (await sizeOf(known)) === joined?.size_bytes;
  if (isThere && joined?.from === from) return;
  // A part whose results are gone is fetched again, or lost, which is said of the part.
  if (!(await refuseAltered(store, parts))) return;
  const target = plainTarget({input_file: inputFile, batch}, {store, resultsDir});
  const sha256 = first.part_of?.sha256;
  await refuseForeignTarget(
    {input_file: inputFile, count: null, ...(sha256 === undefined ? {} : {sha256})},
    target,
    {store, resultsDir},
  );
  await refuseLinks(resultsDir ?? dirname(dirname(target)), target);
  // A record may name any file: what is written over stands where we put it.
  const sizeBytes = await copyAll(deps, target, {
    results: parts.map(({results}) => results),
    overwrite: isThere && known === target,
  });
  await note(deps, first, {file: store.inputName(target), size_bytes: sizeBytes, from});
}

async function copyAll(
  {store, createFile}: JoinDeps,
  target: string,
  {results, overwrite}: {readonly results: readonly StoredResults[]; readonly overwrite: boolean},
): Promise<number> {
  const file = await createFile(target, {overwrite});
  try {
    for (const {file: part} of results) {
      let last = NEWLINE;
      for await (const chunk of readChunks(store.resolveInput(part))) {
        await file.append(chunk);
        last = chunk.at(-1) ?? last;
      }
      if (last !== NEWLINE) await file.append(Uint8Array.of(NEWLINE));
    }
    const {sizeBytes} = file;
    await file.commit();
    return sizeBytes;
  } finally {
    await file.discard();
  }
}

async function note({store}: JoinDeps, {batch}: JobRecord, joined: JoinedResults): Promise<void> {
  await store.updateJobs(new Map([[batch.name, (record: JobRecord): JobRecord => ({...record, joined})]]));
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({size}) => size,
    () => undefined,
  );
}
