import {closest} from '../../domain/text/closest.js';
import {freeName} from '../../domain/text/free-name.js';
import {GembatchError} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';
import {rawList, RawReader, type RawJson} from '../../domain/json/raw-json.js';
import type {RequestShape} from '../../domain/request/request-shape.js';
import type {AnswerContent} from '../../workflows/results/answer-content.js';
import type {ReportRow} from '../../workflows/results/report-rows.js';
import type {RowSources} from '../../workflows/results/source/row-sources.js';

/** What stands in a cell; JSON keeps the digits of numbers. */
export type Cell = string | number | boolean | RawJson | null;

/** A row of a table, its answer taken apart. */
export interface TableRow extends ReportRow {
  /** The members of an answer that is an object; none where the table has no columns for them. */
  readonly properties: ReadonlyMap<string, RawJson>;
}

/** A column of a table of answers. */
export interface Column {
  readonly name: string;
  readonly cellOf: (row: TableRow) => Cell;
  /** What its cells are; text where nothing is said. */
  readonly type?: 'integer' | 'number' | 'boolean';
  /** Whether it identifies something, so that it is never written otherwise than it is. */
  readonly isVerbatim?: boolean;
}

/** What a table has columns for. */
export interface TableShape extends RequestShape {
  /** Whether media are files, whose paths it has. */
  readonly hasMediaFiles: boolean;
  readonly sources: Pick<RowSources, 'columns' | 'hasKeyAs' | 'nameBeside'>;
}

/**
 * The columns that a table of these answers has: those of the sources, what the requests are, the answers, how they went.
 *
 * @param names - the columns that are wanted, in this order; the usual ones when undefined.
 * @throws GembatchError `USAGE` for a name that no column has.
 */
export function tableColumns(shape: TableShape, names?: readonly string[]): readonly Column[] {
  const usual = withOwnNames([
    ...sourceColumns(shape),
    ...PLACE.filter(({name}) => name !== 'key' || !shape.sources.hasKeyAs(name)),
    ...ownColumns(shape),
    ...answerColumns(shape),
    ...(shape.hasMediaFiles ? MEDIA : []),
    ...OUTCOME,
  ]);
  if (names === undefined) return usual;
  const taken = new Set(usual.map(({name}) => name));
  const all = [...usual, ...[...ANSWER, ...FURTHER].filter(({name}) => !taken.has(name))];
  return names.map((name) => all.find((column) => column.name === name) ?? refuse(name, all));
}

function refuse(name: string, all: readonly Column[]): never {
  const known = all.map((column) => column.name);
  const near = closest(name, known);
  throw new GembatchError('USAGE', `No column is called "${name}". Nothing was written.`, {
    suggestions: [
      ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
      `There are: ${known.join(', ')}`,
    ],
  });
}

/** Of columns with one name, the later ones get a number. */
function withOwnNames(columns: readonly Column[]): readonly Column[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    const name = freeName(column.name, taken);
    taken.add(name);
    return {...column, name};
  });
}

const PLACE: readonly Column[] = [
  {name: 'file', cellOf: ({file}) => file, isVerbatim: true},
  {name: 'key', cellOf: ({key}) => key, isVerbatim: true},
];

const ANSWER: readonly Column[] = [{name: 'answer', cellOf: answerCell}];

const MEDIA: readonly Column[] = [{name: 'media', cellOf: mediaCell, isVerbatim: true}];

const OUTCOME: readonly Column[] = [
  {name: 'outcome', cellOf: ({outcome}) => outcome},
  {name: 'error', cellOf: ({error}) => error?.message ?? null},
  {name: 'finish_reason', cellOf: ({finishReason}) => finishReason},
  {name: 'prompt_tokens', cellOf: ({tokens}) => tokens?.prompt ?? null, type: 'integer'},
  {name: 'candidates_tokens', cellOf: ({tokens}) => tokens?.candidates ?? null, type: 'integer'},
  {name: 'thoughts_tokens', cellOf: ({tokens}) => tokens?.thoughts ?? null, type: 'integer'},
  {name: 'total_tokens', cellOf: ({tokens}) => tokens?.total ?? null, type: 'integer'},
  {name: 'model', cellOf: ({model}) => model},
];

const FURTHER: readonly Column[] = [
  {name: 'cached_tokens', cellOf: ({tokens}) => tokens?.cached ?? null, type: 'integer'},
  {name: 'request', cellOf: ({request}) => request},
  {name: 'data', cellOf: ({contents: [first]}) => listCell(first?.data)},
  {name: 'thoughts', cellOf: ({contents: [first]}) => first?.thoughts ?? null},
  {
    name: 'candidates',
    cellOf: ({contents}) => (contents.length > 1 ? rawList(contents.map(({text}) => text)) : null),
  },
  {name: 'grounding', cellOf: ({contents: [first]}) => first?.grounding ?? null},
  {name: 'citations', cellOf: ({contents: [first]}) => first?.citations ?? null},
  {name: 'url_context', cellOf: ({contents: [first]}) => first?.urlContext ?? null},
];

function sourceColumns({sources}: TableShape): readonly Column[] {
  return [...sources.columns].map(([name, type]) => ({
    ...columnOfRequest(name),
    ...(type === undefined ? {} : {type}),
  }));
}

function ownColumns({columns, sources}: TableShape): readonly Column[] {
  return [...columns].map((name) => columnOfRequest(sources.nameBeside(name)));
}

function columnOfRequest(name: string): Column {
  return {name, cellOf: ({columns}) => plainCell(columns.get(name))};
}

function answerColumns({properties, hasOtherAnswers}: RequestShape): readonly Column[] {
  const ofProperties = [...properties].map(([name, schema]): Column => {
    const type = fieldOf(schema, 'type');
    const cellOf = ({properties: own}: TableRow): Cell => plainCell(own.get(name));
    return type === 'integer' || type === 'number' || type === 'boolean'
      ? {name, cellOf, type}
      : {name, cellOf};
  });
  return hasOtherAnswers ? [...ofProperties, ...ANSWER] : ofProperties;
}

/** The text of an answer; where it has none, what it has: an embedding, function calls, but no media. */
function answerCell({text, embedding, contents: [first]}: TableRow): Cell {
  return text ?? embedding ?? (first !== undefined && answerMedia(first) === 0 ? listCell(first.data) : null);
}

function mediaCell({mediaPaths = []}: TableRow): Cell {
  return mediaPaths.length > 1 ? rawList(mediaPaths) : (mediaPaths[0] ?? null);
}

/** How many parts of an answer, which is without its thoughts, are media. */
export function answerMedia({media}: AnswerContent): number {
  return media.filter(({isThought}) => !isThought).length;
}

function listCell(data: readonly RawJson[] | undefined): Cell {
  return data === undefined || data.length === 0 ? null : rawList(data);
}

/** A JSON value as a cell: texts and truth values as themselves, all else as it is written. */
function plainCell(json: RawJson | undefined): Cell {
  if (json === undefined || json.text === 'null') return null;
  if (json.text.startsWith('"')) return JSON.parse(json.text) as string;
  return json.text === 'true' || json.text === 'false' ? json.text === 'true' : json;
}

/** A row with the members of its answer, for columns that show them. */
export function tableRow(row: ReportRow, {properties}: RequestShape): TableRow {
  const members =
    properties.size === 0 || row.text === null ? undefined : new RawReader(Buffer.from(row.text)).members();
  return {...row, properties: members ?? NONE};
}

const NONE: ReadonlyMap<string, RawJson> = new Map();
