/** Works a job off: reads its requests as a stream and writes its result file as one. */
import {createReadStream} from 'node:fs';
import {answerRows, isFailedRow, readLine} from './answers.js';
import type {Counts, Job} from './job.js';
import {rowFaults, type RowRule} from './outcomes.js';
import {seededRandom} from './random.js';
import type {FileWriter} from './stored-file.js';

/** So many rows change places with each other: enough to break whoever counts on their order, little enough to hold. */
const SHUFFLE_ROWS = 1_000;

/** A request file that cannot be worked off at all. */
export class BadRequestFile extends Error {}

/** How a job's rows come out. */
export interface RunOptions {
  readonly rows: readonly RowRule[];
  readonly isShuffled: boolean;
}

/**
 * Answers each line of a request file.
 *
 * @throws BadRequestFile at a line that is not JSON.
 */
export async function runFileJob(
  job: Job,
  inputPath: string,
  writer: FileWriter,
  {rows, isShuffled}: RunOptions,
): Promise<Counts> {
  const random = seededRandom(job.number);
  const faultOf = rowFaults(rows, job.number);
  let counts: Counts = {successful: 0, failed: 0};
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    if (isShuffled) shuffle(waiting, random);
    if (waiting.length > 0) await writer.write(Buffer.from(`${waiting.join('\n')}\n`));
    waiting = [];
  };

  for await (const text of linesOf(inputPath)) {
    if (text.trim() === '') continue;
    const line = readLine(text);
    if (line === undefined) throw new BadRequestFile(text.slice(0, 40));
    const fault = faultOf(line.key);
    waiting.push(...answerRows(line, job.model, fault));
    const isFailed = isFailedRow(line, fault);
    counts = isFailed
      ? {...counts, failed: counts.failed + 1}
      : {...counts, successful: counts.successful + 1};
    if (waiting.length >= SHUFFLE_ROWS) await flush();
  }
  await flush();
  return counts;
}

/** Answers requests that came inside the create. */
export function runInlineJob(job: Job): readonly unknown[] {
  return (job.inlineRequests ?? []).map((request) => {
    const {request: body, metadata}: {request?: unknown; metadata?: {key?: unknown}} =
      typeof request === 'object' && request !== null ? request : {};
    const key = typeof metadata?.key === 'string' ? metadata.key : undefined;
    const line = readLine(JSON.stringify({key, request: body}));
    const [row] = line === undefined ? [] : answerRows(line, job.model, undefined);
    const {response, error}: {response?: unknown; error?: unknown} = row === undefined ? {} : parsed(row);
    return {
      ...(response === undefined ? {error} : {response}),
      ...(metadata === undefined ? {} : {metadata}),
    };
  });
}

function parsed(row: string): {response?: unknown; error?: unknown} {
  const value: unknown = JSON.parse(row);
  return typeof value === 'object' && value !== null ? value : {};
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, {highWaterMark: 1024 * 1024})) {
    if (!Buffer.isBuffer(chunk)) continue;
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end);
      yield (rest.length === 0 ? piece : Buffer.concat([rest, piece])).toString('utf8');
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(start)]);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

function shuffle(items: string[], random: () => number): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [items[at], items[other]];
    if (a !== undefined && b !== undefined) [items[at], items[other]] = [b, a];
  }
}
