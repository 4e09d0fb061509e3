import {tmpdir} from 'node:os';
import {basename, dirname, extname, resolve} from 'node:path';
import {GembatchError} from '../../lib/domain/errors.js';
import {isTakenName} from '../../lib/domain/taken-name.js';
import {joinedLine} from '../../lib/output/results/joined-line.js';
import {LeftOut} from '../../lib/output/results/left-out.js';
import {mediaNotes, type SavedMedia} from '../../lib/output/results/media-lines.js';
import {sourceNotes} from '../../lib/output/results/source-notes.js';
import {tableColumns} from '../../lib/output/results/table-columns.js';
import type {ResultsReport} from '../../lib/workflows/results/collect-results.js';
import {refuseRecordedFile, refuseRequestsAndResults} from '../../lib/workflows/job-states/recorded-files.js';
import {joinedPaths, joinedRows, shapeOf, type ReportRow} from '../../lib/workflows/results/report-rows.js';
import {MediaFiles} from '../../lib/workflows/results/media/save-media.js';
import {openRowSources} from '../../lib/workflows/results/source/open-row-sources.js';
import type {JoinedSource, RowSources} from '../../lib/workflows/results/source/row-sources.js';
import {JOIN_FORMATS, type JoinForm, type JoinFormat, type PrintDeps, type Written} from './join-form.js';
import {linesOf, refuseIrregularTarget, writeLines} from './write-lines.js';
import {writeTable} from './write-table.js';

/** What was written. */
export interface JoinedFile {
  /** As it was named. */
  readonly file: string;
  readonly format: JoinFormat;
  readonly rows: number;
  readonly ok: number;
  readonly needs_attention: number;
  /** How many answers have something that the table has no column for, by what it is. */
  readonly left_out: Readonly<Record<string, number>>;
  /** What the requests were made of, where it is known. */
  readonly sources: readonly JoinedSource[];
  /** The files that media were written into, and how many media could not be. */
  readonly media?: SavedMedia;
}

/** Joined rows that were written, and what is said of them. */
export interface WrittenRows extends JoinedFile {
  /** What answers have that the table has not, and what became of the sources, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes the requests with their answers into a file or to stdout.
 *
 * @throws GembatchError `USAGE` for an unknown column, or a file that records refer to, or one of requests or results, `STORAGE`, and the reason of `stop`.
 */
export async function writeJoined(
  deps: PrintDeps,
  report: ResultsReport,
  form: JoinForm,
): Promise<WrittenRows> {
  if (form.join !== '-')
    refuseIrregularTarget(form.join, 'Name a file, or - for standard output: --join FILE');
  if (form.overwrite && form.join !== '-') {
    refuseRecordedFile(deps.store, resolve(form.join));
    await refuseRequestsAndResults(resolve(form.join));
  }
  const format = formatOf(form);
  const sources = await openSourcesOf(deps, report, form);
  try {
    if (sources.isSource(resolve(form.join))) throw isSource(form.join);
    let count = {rows: 0, ok: 0};
    let media: MediaFiles | undefined;
    const rows = {
      async *[Symbol.asyncIterator](): AsyncGenerator<ReportRow> {
        count = {rows: 0, ok: 0};
        media = mediaFiles(deps, form);
        for await (const row of joinedRows(deps, report, {parsesJson: form['parse-json'], sources})) {
          count.rows += 1;
          if (row.outcome === 'ok') count.ok += 1;
          yield media === undefined ? row : await media.save(row);
        }
      },
    };
    const {leftOut, notes} = await writeRows(deps, {report, rows, sources}, {...form, format}).catch(
      (error: unknown) => {
        throw isTakenName(error) ? existsAlready(form.join) : error;
      },
    );
    const note = leftOut.sentence(form.join === '-' ? 'what was written' : basename(form.join));
    const saved = form.media === undefined ? undefined : {folder: form.media, ...NO_MEDIA, ...media?.counts};
    return {
      file: form.join,
      format,
      ...count,
      needs_attention: count.rows - count.ok,
      left_out: leftOut.counts,
      sources: sources.report,
      ...(saved === undefined ? {} : {media: saved}),
      notes: [
        ...sourceNotes(sources.report),
        ...notes,
        ...mediaNotes(saved),
        ...(note === undefined ? [] : [note]),
      ],
    };
  } finally {
    sources.close();
  }
}

async function openSourcesOf(
  {store, stop}: PrintDeps,
  report: ResultsReport,
  {join, source, key}: JoinForm,
): Promise<RowSources> {
  return openRowSources(joinedPaths(store, report), {
    source,
    keyColumn: key,
    cwd: process.cwd(),
    spillFolder: join === '-' ? tmpdir() : dirname(resolve(join)),
    signal: stop,
  });
}

const NO_MEDIA = {files: 0, unreadable: 0};

function mediaFiles(
  {createFile, store}: PrintDeps,
  {join, media, overwrite, thoughts}: JoinForm,
): MediaFiles | undefined {
  if (media === undefined) return undefined;
  return new MediaFiles({
    createFile,
    folder: resolve(media),
    from: join === '-' ? process.cwd() : dirname(resolve(join)),
    overwrite,
    refuse: (path) => refuseRecordedFile(store, path),
    hasThoughts: thoughts,
  });
}

/** Under these names a spreadsheet expects its own format, and would call JSONL or CSV damaged. */
const WORKBOOKS: ReadonlySet<string> = new Set(['xlsx', 'xls', 'ods']);

/** The form that the file name asks for, when no flag does. */
function formatOf({join, format}: Pick<JoinForm, 'join' | 'format'>): JoinFormat {
  if (format !== undefined) return format;
  const ending = extname(join).slice(1).toLowerCase();
  if (WORKBOOKS.has(ending))
    throw new GembatchError(
      'USAGE',
      `${join}: workbooks (.${ending}) are not written. Nothing was written.`,
      {
        suggestions: ['Write a table that every spreadsheet opens: --join answers.csv'],
      },
    );
  return JOIN_FORMATS.find((name) => name === (ending === 'tab' ? 'tsv' : ending)) ?? 'jsonl';
}

function isSource(name: string): GembatchError {
  return new GembatchError('USAGE', `${name} is the table that the requests were made of. It is untouched.`, {
    suggestions: ['Name another file for what is to be written.'],
  });
}

function existsAlready(name: string): GembatchError {
  return new GembatchError('STORAGE', `${name} is there already, with other content. It is untouched.`, {
    suggestions: ['Choose another name, or replace it: --overwrite'],
  });
}

async function writeRows(
  deps: PrintDeps,
  {report, rows, sources}: Rows,
  form: JoinForm & {readonly format: JoinFormat},
): Promise<Written> {
  if (form.format === 'jsonl') return writeJsonl(deps, rows, form);
  const shape = {...(await shapeOf(deps, report)), sources, hasMediaFiles: form.media !== undefined};
  const names = columnNames(form);
  const isWithThoughts = form.thoughts && names === undefined;
  const columns = [
    ...tableColumns(shape, names),
    ...(isWithThoughts ? tableColumns(shape, ['thoughts']) : []),
  ];
  const table = {...form, columns, shape};
  if (form.format !== 'parquet') return writeTable(deps, rows, table);
  const {writeParquet} = await import('./write-parquet.js');
  return writeParquet(deps, rows, table);
}

interface Rows {
  readonly report: ResultsReport;
  /** Can be gone over again. */
  readonly rows: AsyncIterable<ReportRow>;
  readonly sources: RowSources;
}

async function writeJsonl(
  {createFile, stop}: PrintDeps,
  rows: AsyncIterable<ReportRow>,
  {join, overwrite, thoughts}: JoinForm,
): Promise<Written> {
  const leftOut = new LeftOut();
  const lines = linesOf(rows, (row) => {
    if (!thoughts) leftOut.noteThoughts(row);
    return joinedLine(row, {showsThoughts: thoughts});
  });
  const file = join === '-' ? undefined : await createFile(resolve(join), {overwrite});
  await writeLines(lines, {file, stop});
  return {leftOut, notes: []};
}

/** @throws GembatchError `USAGE` */
function columnNames({columns}: Pick<JoinForm, 'columns'>): readonly string[] | undefined {
  const names = columns?.split(',').map((name) => name.trim());
  if (names?.includes('') === true) {
    throw new GembatchError('USAGE', 'A column in --columns has no name.', {
      suggestions: ['Separate names with commas: --columns key,answer,outcome'],
    });
  }
  return names;
}
