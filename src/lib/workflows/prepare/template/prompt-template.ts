import type {Liquid, Template} from 'liquidjs';
import {closest} from '../../../domain/text/closest.js';
import {GembatchError} from '../../../domain/errors.js';
import {stringifyExact} from '../../../domain/json/exact-json.js';
import {isObject} from '../../../domain/json/json-object.js';
import type {Source} from '../sources/source.js';

/** The name by which a template reaches a column whose name is no variable: `{{ row["Review Text"] }}`. */
const ROW = 'row';
const MAX_COLUMNS_NAMED = 12;
/** What Liquid itself knows of a list or a text. */
const BUILT_IN = new Set(['size', 'first', 'last']);

/** Names that are no columns, or not only. */
const LIQUID_WORDS = new Set([ROW, 'true', 'false', 'nil', 'null', 'empty', 'blank']);

/** A variable that a template reads. */
interface Variable {
  readonly path: readonly string[];
  readonly line: number;
  readonly column: number;
}

/** A Liquid template (https://liquidjs.com) of a prompt or a system instruction. */
export class PromptTemplate {
  readonly #usesRow: boolean;

  private constructor(
    /** What messages call it: `--prompt`, or the name of its file. */
    readonly name: string,
    private readonly engine: Liquid,
    private readonly template: Template[],
    private readonly pieces: readonly string[] | undefined,
    private readonly variables: readonly Variable[],
  ) {
    this.#usesRow = variables.some(({path}) => path[0] === ROW);
  }

  /** @throws GembatchError USAGE with the line and the column where it cannot be understood. */
  static async parse(name: string, text: string): Promise<PromptTemplate> {
    const engine = await createEngine();
    try {
      const template = engine.parse(text);
      return new PromptTemplate(name, engine, template, plainPieces(text), variablesOf(engine, template));
    } catch (error) {
      throw templateError(name, error);
    }
  }

  /**
   * Checks that the source has each variable.
   *
   * @throws GembatchError USAGE with the place in the template and the nearest column.
   */
  check(source: Source): void {
    for (const variable of this.variables) {
      const known = namesAlong(variable.path, source);
      if (known !== undefined) throw this.#unknown(variable, source, known);
    }
  }

  /** @throws GembatchError USAGE when a filter cannot be applied. */
  render(values: Readonly<Record<string, unknown>>): string {
    return this.#join(values) ?? this.#renderWithLiquid(values);
  }

  /** The text of a plain template, in a tenth of the time; undefined when a value is none. */
  #join(values: Readonly<Record<string, unknown>>): string | undefined {
    if (this.pieces === undefined) return undefined;
    let text = '';
    for (const [i, piece] of this.pieces.entries()) {
      const value = i % 2 === 0 ? piece : values[piece];
      if (typeof value !== 'string') return undefined;
      text += value;
    }
    return text;
  }

  #renderWithLiquid(values: Readonly<Record<string, unknown>>): string {
    const scope = this.#usesRow && !(ROW in values) ? {...values, [ROW]: values} : values;
    try {
      return String(this.engine.renderSync(this.template, scope));
    } catch (error) {
      throw templateError(this.name, error);
    }
  }

  #unknown({path, line, column}: Variable, source: Source, {depth, names}: UnknownAt): GembatchError {
    const wanted = path[depth] ?? '';
    const near = names.find((name) => name.startsWith(`${wanted} `)) ?? closest(wanted, names);
    const meant = near === undefined ? '' : ` Did you mean ${variableOf(path.slice(0, depth), near)}?`;
    const more = names.length > MAX_COLUMNS_NAMED ? ', …' : '';
    return new GembatchError(
      'USAGE',
      `${this.name}:${line}:${column}: ${source.name} has no column "${path.slice(0, depth + 1).join('.')}".${meant}`,
      {
        details: {line, column},
        suggestions: [`It has: ${names.slice(0, MAX_COLUMNS_NAMED).join(', ')}${more}`],
      },
    );
  }
}

/** What can be written for a column in a template. */
export function variableOf(parents: readonly string[], name: string): string {
  const isPlain = /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name);
  const base = parents.length === 0 && !isPlain ? ROW : parents.join('.');
  if (!isPlain) return `{{ ${base}[${JSON.stringify(name)}] }}`;
  return `{{ ${[...parents, name].join('.')} }}`;
}

/** The texts and, between them, the columns of a template that only puts columns into a text; undefined for any other. */
function plainPieces(text: string): readonly string[] | undefined {
  const pieces = text.split(/\{\{ *(?<column>[A-Za-z_]\w*) *\}\}/u);
  const texts = pieces.filter((_, i) => i % 2 === 0);
  const columns = pieces.filter((_, i) => i % 2 === 1);
  const isPlain =
    !texts.some((piece) => /\{[{%]|^\}|\{$/u.test(piece)) && !columns.some((name) => LIQUID_WORDS.has(name));
  return isPlain ? pieces : undefined;
}

async function createEngine(): Promise<Liquid> {
  const {
    default: {Liquid},
  } = await import('liquidjs');
  // No partials: a template that is one text can be kept in the manifest. Dates in UTC: the same bytes everywhere.
  const engine = new Liquid({templates: {}, ownPropertyOnly: true, strictFilters: true, timezoneOffset: 0});
  engine.registerFilter('json', (value: unknown, indent?: number) => stringifyExact(value, indent) ?? 'null');
  for (const name of ['sample', 'shuffle']) engine.registerFilter(name, () => notRepeatable(`"${name}"`));
  const {date} = engine.filters;
  engine.registerFilter('date', function (this: unknown, value: unknown, ...rest: unknown[]) {
    if (value === 'now' || value === 'today') notRepeatable(`"${value}"`);
    return typeof date === 'function'
      ? (date as (...args: unknown[]) => unknown).call(this, value, ...rest)
      : value;
  });
  return engine;
}

/** A prompt that is another each time would make all requests new, and paid for again. */
function notRepeatable(what: string): never {
  throw new Error(`${what} gives another prompt each time; put the value into the source or the template`);
}

function variablesOf(engine: Liquid, template: Template[]): readonly Variable[] {
  return Object.values(engine.analyzeSync(template).globals)
    .flat()
    .map(({segments, location}) => {
      const end = segments.findIndex((segment) => typeof segment !== 'string');
      const path = (end === -1 ? segments : segments.slice(0, end)) as string[];
      return {path, line: location.row, column: location.col};
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Where a path leads nowhere: its first step that nothing has, and what there is instead. */
interface UnknownAt {
  readonly depth: number;
  readonly names: readonly string[];
}

function namesAlong(path: readonly string[], source: Source): UnknownAt | undefined {
  const isRow = path[0] === ROW && !source.columns.includes(ROW);
  const from = isRow ? 1 : 0;
  const column = path[from];
  if (column === undefined) return undefined;
  if (!source.columns.includes(column)) return {depth: from, names: source.columns};
  let values = source.sample.map((row) => row.values[column]);
  for (let depth = from + 1; depth < path.length; depth++) {
    const name = path[depth] ?? '';
    const objects = values.filter(isObject);
    // A list or a text has what Liquid knows of it; where no row tells, the rendering does.
    if (objects.length < values.filter((value) => value !== null && value !== undefined).length)
      return undefined;
    if (objects.length === 0 || BUILT_IN.has(name)) return undefined;
    const names = [...new Set(objects.flatMap(Object.keys))];
    if (!names.includes(name)) return {depth, names};
    values = objects.map((object) => object[name]);
  }
  return undefined;
}

function templateError(name: string, cause: unknown): GembatchError {
  if (cause instanceof GembatchError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const place = /, line:(?<line>\d+), col:(?<column>\d+)$/u.exec(message.split('\n')[0] ?? '');
  const {line, column} = place?.groups ?? {};
  const what = (message.split('\n')[0] ?? '').replace(/, line:\d+, col:\d+$/u, '');
  const at = line === undefined ? name : `${name}:${line}:${column}`;
  return new GembatchError('USAGE', `${at}: the template cannot be used: ${what}.`, {
    cause,
    suggestions: [
      'See https://shopify.github.io/liquid for what a template can say; a column is {{ name }}.',
    ],
  });
}
