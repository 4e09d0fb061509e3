import {madeContent, MadeLines} from '../../files/made-content.js';
import type {NewFile, StoredFile} from '../../files/stored-file.js';
import {requestLineOf} from '../checks/request-lines.js';
import type {Job} from '../job.js';
import type {Counts} from '../job-end.js';
import type {OutcomeRule} from './outcomes.js';
import {RowMaker} from './row-maker.js';

/** The rows of many jobs have one form: by that form and how many there are. */
const known = new Map<string, MadeLines>();
/** So many forms are remembered. */
const MOST_FORMS = 16;

/**
 * Results of a request file whose content is made, which are made when somebody reads them, too, in the order of the requests.
 * Undefined where a test wants other rows than good ones.
 */
export function madeRows(
  job: Job,
  input: StoredFile,
  rule: OutcomeRule | undefined,
):
  | (Pick<NewFile, 'path' | 'made' | 'sizeBytes' | 'sha256' | 'lineCount'> & {readonly counts: Counts})
  | undefined {
  const {made, lineCount} = input;
  if (made === undefined || job.vertex === undefined || (rule?.rows ?? []).length > 0) return undefined;
  const maker = new RowMaker(job, undefined);
  const rowOf = (text: string, times: number, by: RowMaker): string =>
    by.rowsFor(requestLineOf(text) ?? {key: undefined, request: undefined}, times)[0] ?? '';
  const first = (by: RowMaker): Buffer => Buffer.from(`${rowOf(made.first().toString(), 1, by)}\n`);
  const restCount = made.rest.count;
  const rest = linesOf(restCount === 0 ? '' : rowOf(made.rest.form, restCount, maker), restCount);
  const firstBytes = first(maker).length;
  return {
    path: '',
    made: madeContent(() => first(new RowMaker(job, undefined)), rest),
    sizeBytes: firstBytes + rest.sizeBytes,
    sha256: '',
    lineCount,
    counts: maker.counts,
  };
}

function linesOf(form: string, count: number): MadeLines {
  const key = `${count} ${form}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const lines = new MadeLines(form, count);
  if (known.size >= MOST_FORMS) known.clear();
  known.set(key, lines);
  return lines;
}
