/** Works a job off: reads its requests as a stream and writes its result file as one. */
import {dueMs, rowsAtCutOff, type Job} from './job.js';
import {defaultError, endWithoutResults, type Counts, type JobEnd} from './job-end.js';
import {isObject, type Json} from '../http/json.js';
import type {FinalState, OutcomeRule} from './rows/outcomes.js';
import {seededRandom, shuffle} from '../control/random.js';
import {BadRequestFile, requestLinesOf} from './checks/request-lines.js';
import {RowMaker} from './rows/row-maker.js';
import {contentOf} from '../files/content.js';
import type {FileWriter, NewFile, StoredFile} from '../files/stored-file.js';
import {madeRows} from './rows/made-rows.js';

/** How many rows are shuffled together: enough to break a client that relies on their order, few enough to keep in memory. */
const SHUFFLED_ROWS = 1_000;

/** How a job ends, with its result files, which the caller adds to the service's files. */
export interface Result {
  readonly end: JobEnd;
  readonly outputs: readonly NewFile[];
}

/** The end of a job before its time, which keeps the rows that it has finished. */
export interface CutOff {
  readonly state: FinalState;
  readonly atMs: number;
  readonly rows: number;
}

export interface WorkOptions {
  /** Undefined when the job has its requests inline, and when its file is gone. */
  readonly input: StoredFile | undefined;
  readonly rule: OutcomeRule | undefined;
  readonly isShuffled: boolean;
  /** In how many files a job at Vertex AI writes its results. */
  readonly shards: number;
  readonly newFileWriter: () => Promise<FileWriter>;
  readonly cutOff?: CutOff;
  /** Stops the work; the result is of no use then. */
  readonly signal?: AbortSignal;
}

/** Decides how a job ends and makes its results. */
export async function runJob(job: Job, options: WorkOptions): Promise<Result> {
  const {rule} = options;
  const cutOff = options.cutOff ?? cutOffOf(job);
  if (cutOff !== undefined) return runFile(job, {...options, cutOff});
  const state = rule?.state ?? 'SUCCEEDED';
  const hasResults = state === 'SUCCEEDED' || state === 'PARTIALLY_SUCCEEDED' || rule?.has_output === true;
  if (!hasResults)
    return {end: endWithoutResults(job.name, {state, atMs: dueMs(job), error: rule?.error}), outputs: []};
  const result = job.inlineRequests === undefined ? await runFile(job, options) : runInline(job, options);
  if (result.end.state !== 'SUCCEEDED') return result;
  const error = rule?.error ?? defaultError(job.name, state);
  return {...result, end: {...result.end, state, ...(error === undefined ? {} : {error})}};
}

function cutOffOf(job: Job): CutOff | undefined {
  const rows = rowsAtCutOff(job);
  return rows === undefined ? undefined : {state: 'EXPIRED', atMs: dueMs(job), rows};
}

async function runFile(job: Job, options: WorkOptions): Promise<Result> {
  const {cutOff, input} = options;
  const atMs = cutOff?.atMs ?? dueMs(job);
  const failed = (code: number, message: string): Result => ({
    end: endWithoutResults(job.name, {state: 'FAILED', atMs, error: {code, message}}),
    outputs: [],
  });
  if (input === undefined) return failed(5, `File ${job.inputFile ?? ''} not found.`);
  const made = cutOff === undefined && options.shards === 1 ? madeRows(job, input, options.rule) : undefined;
  if (made !== undefined) {
    const {facts, end, nameOf} = placeOf(job, atMs);
    const {counts, ...content} = made;
    const common = {displayName: '', mimeType: 'application/jsonl', createdMs: atMs, isGenerated: true};
    return {
      end: {state: 'SUCCEEDED', atMs, counts, ...end},
      outputs: [{...content, ...common, name: nameOf(0, 1, false), ...facts}],
    };
  }
  const writers: FileWriter[] = [];
  const shards = job.vertex === undefined || cutOff !== undefined ? 1 : options.shards;
  try {
    while (writers.length < shards) writers.push(await options.newFileWriter());
    const counts = await writeRows(job, {input, writers}, options);
    const place = placeOf(job, atMs);
    const outputs: NewFile[] = [];
    for (const [index, writer] of writers.entries()) {
      const common = {displayName: '', mimeType: 'application/jsonl', createdMs: atMs, isGenerated: true};
      const name = place.nameOf(index, shards, cutOff !== undefined);
      outputs.push({...(await writer.finish()), ...common, name, ...place.facts});
    }
    const end = {state: cutOff?.state ?? 'SUCCEEDED', atMs, counts, ...place.end} as const;
    const error = cutOff === undefined ? undefined : defaultError(job.name, cutOff.state);
    return {end: error === undefined ? end : {...end, error}, outputs};
  } catch (error) {
    await Promise.all(writers.map((writer) => writer.discard()));
    if (error instanceof BadRequestFile) return failed(3, error.message);
    throw error;
  }
}

/** Where the results of a job go, and what its end says of them. */
interface Place {
  readonly nameOf: (index: number, shards: number, isCutOff: boolean) => string;
  readonly facts: Pick<NewFile, 'object'>;
  readonly end: Pick<JobEnd, 'outputFile' | 'outputDirectory'>;
}

function placeOf(job: Job, atMs: number): Place {
  if (job.vertex === undefined) {
    const name = `files/batch-${job.name.replace('batches/', '')}`;
    return {nameOf: () => name, facts: {}, end: {outputFile: name}};
  }
  const time = new Date(atMs).toISOString().replace('Z', '456Z');
  const outputDirectory = `${job.vertex.outputPrefix.replace(/\/+$/u, '')}/prediction-model-${time}`;
  const object = {generation: String(Math.floor(atMs * 1_000)), visibleFromMs: atMs + job.outputDelayMs};
  return {
    nameOf: (index, shards, isCutOff) => `${outputDirectory}/${shardName(index, shards, isCutOff)}`,
    facts: {object},
    end: {outputDirectory},
  };
}

/** Names of the objects with results, as read by clients in the wild; the first is what a job has that is cut off. */
function shardName(index: number, shards: number, isCutOff: boolean): string {
  if (isCutOff) return 'incremental_predictions.jsonl';
  const number = (value: number): string => String(value).padStart(5, '0');
  return shards === 1 ? 'predictions.jsonl' : `predictions.jsonl-${number(index)}-of-${number(shards)}`;
}

async function writeRows(
  job: Job,
  {input, writers}: {input: StoredFile; writers: readonly FileWriter[]},
  {rule, isShuffled, cutOff, signal}: WorkOptions,
): Promise<Counts> {
  const random = seededRandom(job.number);
  const maker = new RowMaker(job, rule);
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    if (isShuffled) shuffle(waiting, random);
    for (const [index, writer] of writers.entries()) {
      const share = waiting.filter((_, at) => at % writers.length === index);
      if (share.length > 0) await writer.write(Buffer.from(`${share.join('\n')}\n`));
    }
    waiting = [];
  };
  let answered = 0;
  for await (const line of requestLinesOf(contentOf(input))) {
    if (signal?.aborted === true || answered === cutOff?.rows) break;
    answered += 1;
    if (job.vertex !== undefined) refuseEmptyStructs(line.request, 'request');
    waiting.push(...maker.rowsFor(line));
    if (waiting.length >= SHUFFLED_ROWS) await flush();
  }
  await flush();
  return maker.counts;
}

/**
 * Vertex AI reads requests into a table, which has no structs without fields (a user's captured job error).
 *
 * @throws BadRequestFile
 */
function refuseEmptyStructs(value: unknown, path: string): void {
  if (Array.isArray(value)) for (const item of value) refuseEmptyStructs(item, path);
  if (!isObject(value)) return;
  const fields = Object.entries(value);
  if (fields.length === 0)
    throw new BadRequestFile(`Query error: Cannot store struct '${path}' with no fields.`);
  for (const [name, member] of fields) refuseEmptyStructs(member, `${path}.${name}`);
}

/** Answers requests that came inside the create, in their order, each with its metadata in place of the key. */
function runInline(job: Job, {rule}: WorkOptions): Result {
  const maker = new RowMaker(job, rule);
  const inlineResponses = (job.inlineRequests ?? []).filter(isObject).flatMap(({request, metadata}) => {
    const key = isObject(metadata) && typeof metadata['key'] === 'string' ? metadata['key'] : undefined;
    const rows = maker.rowsFor({key, request: isObject(request) ? request : undefined});
    return rows.flatMap((row) => inlineResponse(row, metadata));
  });
  return {
    end: {state: 'SUCCEEDED', atMs: dueMs(job), counts: maker.counts, inlineResponses},
    outputs: [],
  };
}

function inlineResponse(row: string, metadata: unknown): readonly Json[] {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return []; // A row that was asked to be malformed; inside a JSON document there can be none.
  }
  if (!isObject(value)) return [];
  const {key: _key, ...rest} = value;
  return [metadata === undefined ? rest : {...rest, metadata}];
}
