import type {FileHandle} from 'node:fs/promises';
import {KeyScan} from '../../domain/request-key/key-scan.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {ResultIndex, type RowPlace} from '../../domain/result/result-index.js';
import type {ResultRow} from '../../domain/result/result-row.js';
import {RowReader, type CheckOfKey} from '../../domain/result/row-reader.js';
import {whyMissing, type RequestOutcome} from '../../domain/result/row-counts.js';
import {openFile} from '../request-file/open-file.js';
import {KeyReader} from '../../domain/request-key/key-reader.js';
import {answerChecks} from './answer-checks.js';
import {splitFile} from '../request-file/split-file.js';
import {readChunks} from '../request-file/read-chunks.js';
import {readSpans} from '../request-file/read-spans.js';

/** A request and what became of it. */
export interface AnsweredRequest {
  /** Line in the request file, from 1. */
  readonly line: number;
  /** The bytes of that line, without its newline. */
  readonly bytes: Uint8Array;
  readonly key: string | null;
  readonly outcome: RequestOutcome;
  /** The row that answers it; null when it is missing. */
  readonly row: ResultRow | null;
  /** Its bytes, valid until the next request. */
  readonly rowBytes: Uint8Array | null;
  /** Why the outcome is not ok; null when it is. */
  readonly message: string | null;
  /** Whether a row can ever answer it: it has a key, and no earlier request has the same. */
  readonly isAnswerable: boolean;
}

/** Whose answers are read. */
export interface WalkInput {
  readonly requestPath: string;
  /** Reads the request file from its start, where it is not on this machine. */
  readonly readRequests?: () => AsyncIterable<Uint8Array>;
  /** Result files of the job and of its retries, in this order. */
  readonly resultPaths: readonly string[];
  /** Whether answers are checked against what their requests ask for; true when absent. */
  readonly checksAnswers?: boolean;
  /** Ends the reading. */
  readonly stop?: AbortSignal;
}

/** Result files that are indexed, and the requests that they answer. */
export interface Walk {
  /** Which rows answer no request is known once all requests were read. */
  readonly index: ResultIndex;
  /**
   * The requests in their order, each with the row that answers it; once only.
   *
   * @param outcomes - only requests with one of these; all when absent.
   * @throws what the file system says when a file cannot be read.
   */
  requests(outcomes?: ReadonlySet<RequestOutcome>): AsyncGenerator<AnsweredRequest>;
}

/** A request whose row is not read yet. */
interface Pending extends Omit<AnsweredRequest, 'row' | 'rowBytes' | 'message'> {
  readonly place: RowPlace | null;
}

/** Rows that are read together; this is what memory depends on. */
const BATCH_BYTES = 8 * 1024 * 1024;

/**
 * Gets ready to pair every request with the row that answers it: the result files are indexed, and the request file is
 * read for what it asks of the answers. The requests are followed afterwards, and rows read from where they are. Memory
 * is the index and one batch of rows.
 *
 * @throws what the file system says when a file cannot be read; the reason of `stop`.
 */
export async function openWalk(input: WalkInput): Promise<Walk> {
  const checkOf = input.checksAnswers === false ? undefined : await readChecks(input);
  const index = new ResultIndex(checkOf);
  for (const path of input.resultPaths) {
    index.startFile();
    for await (const chunk of readChunks(path)) {
      input.stop?.throwIfAborted();
      index.push(chunk);
    }
    index.finishFile();
  }
  const reader = new RowReader(checkOf);
  const roomFor = reusedRoom();
  return {index, requests: (outcomes) => answeredRequests(input, {index, reader, roomFor, outcomes})};
}

/** The same memory for each batch: rows with images would leave more behind than is cleared away in time. */
function reusedRoom(): (lengthBytes: number) => Uint8Array {
  let room = new Uint8Array(0);
  return (lengthBytes) => {
    if (room.length < lengthBytes) room = new Uint8Array(lengthBytes);
    return room.subarray(0, lengthBytes);
  };
}

function requestsOf({readRequests, requestPath}: WalkInput): AsyncIterable<Uint8Array> {
  return readRequests?.() ?? readChunks(requestPath);
}

async function readChecks(input: WalkInput): Promise<CheckOfKey> {
  const keys = new KeyReader();
  for await (const chunk of requestsOf(input)) {
    input.stop?.throwIfAborted();
    keys.push(chunk);
  }
  keys.finish();
  return answerChecks(keys);
}

interface Indexed {
  readonly index: ResultIndex;
  readonly reader: RowReader;
  readonly roomFor: (lengthBytes: number) => Uint8Array;
  readonly outcomes: ReadonlySet<RequestOutcome> | undefined;
}

async function* answeredRequests(input: WalkInput, indexed: Indexed): AsyncGenerator<AnsweredRequest> {
  const files: FileHandle[] = [];
  try {
    for (const path of input.resultPaths) files.push((await openFile(path)).file);
    const fds = files.map((file) => file.fd);
    for await (const requests of pendingRequests(input, indexed)) {
      for (const batch of batchesOf(requests)) yield* answer(batch, fds, indexed);
    }
  } finally {
    for (const file of files) await file.close();
  }
}

/** The requests of each chunk of the request file. */
async function* pendingRequests(input: WalkInput, {index, outcomes}: Indexed): AsyncGenerator<Pending[]> {
  const scan = new KeyScan();
  const pending: Pending[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    const key = scan.keyOf(bytes, start, end);
    const place = key === null ? null : index.take(key);
    const found = place === 'taken' ? null : place;
    const outcome = found?.outcome ?? 'missing';
    if (outcomes?.has(outcome) === false) return;
    pending.push({
      line: splitter.lineNumber,
      bytes: Buffer.from(bytes.subarray(start, end)),
      key: key === null ? null : Buffer.from(key).toString('utf8'),
      outcome,
      place: found,
      isAnswerable: key !== null && place !== 'taken',
    });
  });
  yield* splitFile(requestsOf(input), splitter, pending);
}

function* batchesOf(requests: readonly Pending[]): Generator<Pending[]> {
  let batch: Pending[] = [];
  let sizeBytes = 0;
  for (const request of requests) {
    batch.push(request);
    sizeBytes += request.place?.lengthBytes ?? 0;
    if (sizeBytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    sizeBytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function* answer(
  batch: readonly Pending[],
  fds: readonly number[],
  {reader, roomFor}: Indexed,
): Generator<AnsweredRequest> {
  const places = batch.map(({place}) => place).filter((place) => place !== null);
  const rows = readSpans(fds, places, roomFor);
  for (const {place, ...request} of batch) {
    const bytes = place === null ? undefined : rows.get(place);
    const row = bytes === undefined ? null : reader.readWhole(bytes);
    const {key, isAnswerable} = request;
    const message =
      row === null ? whyMissing({hasKey: key !== null, isRepeated: !isAnswerable}) : row.message;
    yield {...request, row, rowBytes: bytes ?? null, message};
  }
}
