/** Works a job off: reads its requests as a stream and writes its result file as one. */
import {dueMs, type Job} from './job.js';
import {defaultError, endWithoutResults, type Counts, type JobEnd} from './job-end.js';
import {isObject, type Json} from '../http/json.js';
import type {OutcomeRule} from './rows/outcomes.js';
import {seededRandom, shuffle} from '../control/random.js';
import {BadRequestFile, requestLinesOf} from './checks/request-lines.js';
import {RowMaker} from './rows/row-maker.js';
import type {FileWriter, NewFile, StoredFile} from '../files/stored-file.js';

/** So many rows change places with each other: enough to break whoever counts on their order, little enough to hold. */
const SHUFFLED_ROWS = 1_000;

/** What a job comes to, with the result file that is still to be put among the service's files. */
export interface Result {
  readonly end: JobEnd;
  readonly output?: NewFile;
}

export interface WorkOptions {
  /** Undefined when the job has its requests inline, and when its file is gone. */
  readonly input: StoredFile | undefined;
  readonly rule: OutcomeRule | undefined;
  readonly isShuffled: boolean;
  readonly newFileWriter: () => Promise<FileWriter>;
  /** Breaks the work off; what it comes to then is of no use. */
  readonly signal: AbortSignal;
}

/** Decides what a job comes to and makes its results. */
export async function runJob(job: Job, options: WorkOptions): Promise<Result> {
  const {rule} = options;
  const state = rule?.state ?? 'SUCCEEDED';
  const hasResults = state === 'SUCCEEDED' || state === 'PARTIALLY_SUCCEEDED' || rule?.has_output === true;
  if (!hasResults) return {end: endWithoutResults(job.name, {state, atMs: dueMs(job), error: rule?.error})};
  const result = job.inlineRequests === undefined ? await runFile(job, options) : runInline(job, options);
  if (result.end.state !== 'SUCCEEDED') return result;
  const error = rule?.error ?? defaultError(job.name, state);
  return {...result, end: {...result.end, state, ...(error === undefined ? {} : {error})}};
}

async function runFile(job: Job, options: WorkOptions): Promise<Result> {
  const atMs = dueMs(job);
  const failed = (code: number, message: string): Result => ({
    end: endWithoutResults(job.name, {state: 'FAILED', atMs, error: {code, message}}),
  });
  const {input} = options;
  if (input === undefined) return failed(5, `File ${job.inputFile ?? ''} not found.`);
  const writer = await options.newFileWriter();
  try {
    const counts = await writeRows(job, {input, writer}, options);
    const name = `files/batch-${job.name.replace('batches/', '')}`;
    const output: NewFile = {
      ...(await writer.finish()),
      name,
      displayName: '',
      mimeType: 'application/jsonl',
      createdMs: atMs,
      isGenerated: true,
    };
    return {end: {state: 'SUCCEEDED', atMs, counts, outputFile: name}, output};
  } catch (error) {
    await writer.discard();
    if (error instanceof BadRequestFile) return failed(3, error.message);
    throw error;
  }
}

async function writeRows(
  job: Job,
  {input, writer}: {input: StoredFile; writer: FileWriter},
  {rule, isShuffled, signal}: WorkOptions,
): Promise<Counts> {
  const random = seededRandom(job.number);
  const maker = new RowMaker(job, rule);
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    if (isShuffled) shuffle(waiting, random);
    if (waiting.length > 0) await writer.write(Buffer.from(`${waiting.join('\n')}\n`));
    waiting = [];
  };
  for await (const line of requestLinesOf(input.path)) {
    if (signal.aborted) break;
    waiting.push(...maker.rowsFor(line));
    if (waiting.length >= SHUFFLED_ROWS) await flush();
  }
  await flush();
  return maker.counts;
}

/** Answers requests that came inside the create, in their order, each with its metadata in place of the key. */
function runInline(job: Job, {rule}: WorkOptions): Result {
  const maker = new RowMaker(job, rule);
  const inlineResponses = (job.inlineRequests ?? []).filter(isObject).flatMap(({request, metadata}) => {
    const key = isObject(metadata) && typeof metadata['key'] === 'string' ? metadata['key'] : undefined;
    const rows = maker.rowsFor({key, request: isObject(request) ? request : undefined});
    return rows.flatMap((row) => inlineResponse(row, metadata));
  });
  return {end: {state: 'SUCCEEDED', atMs: dueMs(job), counts: maker.counts, inlineResponses}};
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
