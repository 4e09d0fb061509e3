import type {JobRecord} from '../../domain/job/job-record.js';
import {badRowCount} from '../../domain/job/job-progress.js';
import {BAD_OUTCOMES} from '../../domain/result/row-counts.js';
import type {JobStore} from '../../store/job-store.js';
import {refuseChanged} from '../request-file/refuse-changed.js';
import {openWalk, type AnsweredRequest} from '../results/walk-results.js';

/** A row that needs attention, with the start of its request and of what was answered. */
export interface AttentionRow {
  readonly file: string;
  readonly line: number;
  readonly key: string | null;
  readonly outcome: string;
  readonly reason: string;
  readonly request: string;
  readonly answer: string;
}

const MOST_OF_A_FILE = 200;
const MOST_ROWS = 2_000;
/** Of all texts together, so that the page stays small. */
const MOST_BYTES = 3_000_000;
const MOST_CHARACTERS = 600;

/** The rows that need attention: 200 of a file at most, 2,000 in all. */
export async function attentionRows(
  store: JobStore,
  records: readonly JobRecord[],
  {problems, signal}: {problems: string[]; signal: AbortSignal},
): Promise<{readonly rows: readonly AttentionRow[]; readonly leftOut: number}> {
  const rows: AttentionRow[] = [];
  let leftBytes = MOST_BYTES;
  let bad = 0;
  for (const record of records) {
    const {results} = record;
    const count = results === undefined ? 0 : badRowCount(results.rows);
    bad += count;
    const room = Math.min(MOST_OF_A_FILE, MOST_ROWS - rows.length);
    if (results === undefined || count === 0 || room === 0 || leftBytes < 0) continue;
    try {
      let most = room;
      for await (const row of badRequests(store, record, results.file)) {
        signal.throwIfAborted();
        leftBytes -= sizeInPage(row);
        if (most === 0 || leftBytes < 0) break;
        most -= 1;
        rows.push(row);
      }
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${record.input_file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
  }
  return {rows, leftOut: Math.max(0, bad - rows.length)};
}

/** Each `<` takes six bytes in a script of a page. */
function sizeInPage(row: AttentionRow): number {
  const json = JSON.stringify(row);
  return Buffer.byteLength(json) + 5 * (json.split('<').length - 1);
}

async function* badRequests(
  store: JobStore,
  record: JobRecord,
  resultFile: string,
): AsyncGenerator<AttentionRow> {
  await refuseChanged(store, record);
  const walk = await openWalk({
    requestPath: store.resolveInput(record.input_file),
    resultPaths: [store.resolveInput(resultFile)],
  });
  for await (const request of walk.requests(BAD_OUTCOMES)) {
    if (request.outcome === 'ok') continue;
    yield {
      file: record.input_file,
      line: request.line,
      key: request.key,
      outcome: request.outcome,
      reason: shortened(request.message ?? request.outcome),
      request: shortened(startOf(request.bytes)),
      answer: shortened(answerOf(request)),
    };
  }
}

function answerOf({row}: AnsweredRequest): string {
  if (row === null) return '';
  if (row.text !== null) return row.text;
  return row.response === null ? '' : JSON.stringify(row.response).slice(0, MOST_CHARACTERS + 1);
}

/** As much of a line as is shown; it may have an image in it. */
function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 4 * MOST_CHARACTERS)).toString('utf8');
}

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * MOST_CHARACTERS + 2));
  return characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS).join('')}…` : text;
}
