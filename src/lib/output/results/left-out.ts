import type {RequestShape} from '../../domain/request/request-shape.js';
import {plural} from '../text/format.js';
import type {AnswerContent} from '../../workflows/results/answer-content.js';
import type {ReportRow} from '../../workflows/results/report-rows.js';
import {answerMedia, type Column, type TableRow} from './table-columns.js';

/** What an answer may have that a table does not show, by the name of the column that shows it. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['media', 'images or sounds'],
  ['data', 'function calls or other data'],
  ['thoughts', 'thoughts'],
  ['candidates', 'further candidates'],
  ['grounding', 'grounding'],
  ['citations', 'citations'],
  ['url_context', 'URL context'],
  ['answer', 'text that no column has'],
  ['other_kind', 'values of another type than their column'],
]);

/** Counts the answers that have more than what is written of them. */
export class LeftOut {
  readonly #counts = new Map<string, number>();
  readonly #columns: ReadonlySet<string>;
  readonly #properties: ReadonlyMap<string, unknown>;

  /** @param table - what is written, where it is a table. */
  constructor(table?: {readonly columns: readonly Column[]; readonly shape: RequestShape}) {
    this.#columns = new Set(table?.columns.map(({name}) => name));
    this.#properties = table?.shape.properties ?? new Map();
  }

  /** Takes a row that is written whole, but for its thoughts. */
  noteThoughts({contents}: ReportRow): void {
    if (contents.some(hasThoughts)) this.#add('thoughts');
  }

  /** Takes a row of the table. */
  note(row: TableRow): void {
    const [first, ...others] = row.contents;
    if (first === undefined) return;
    const media = answerMedia(first);
    const isDataInAnswer = this.#columns.has('answer') && row.text === null && media === 0;
    if (media > 0 && !this.#columns.has('data')) this.#add('media');
    if (first.data.length > media && !isDataInAnswer) this.#add('data');
    if (hasThoughts(first)) this.#add('thoughts');
    if (others.length > 0) this.#add('candidates');
    if (first.grounding !== undefined) this.#add('grounding');
    if (first.citations !== undefined) this.#add('citations');
    if (first.urlContext !== undefined) this.#add('url_context');
    if (row.text !== null && this.#hasMoreText(row)) this.#add('answer');
  }

  /** Takes a row with a value that its column cannot hold: it is another kind of value than the schema says. */
  noteOtherKind(): void {
    this.#add('other_kind');
  }

  /** One sentence for a person; undefined when nothing is left out. */
  sentence(name: string): string | undefined {
    const parts = [...this.#counts].map(
      ([what, count]) => `${WORDS.get(what) ?? what} of ${plural(count, 'answer')}`,
    );
    if (parts.length === 0) return undefined;
    const flags = [
      ...(this.#counts.has('thoughts') ? ['--thoughts'] : []),
      ...(this.#columns.size > 0 ? ['--columns', 'a .jsonl file'] : []),
    ];
    return `Not in ${name}: ${parts.join(', ')}. What shows it: ${flags.join(', ')}.`;
  }

  /** By what they have, how many answers are not shown whole. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** An answer that the columns of its members do not hold: it is no object, or has others. */
  #hasMoreText({properties}: TableRow): boolean {
    const names = [...properties.keys()];
    return names.length === 0 || names.some((name) => !this.#properties.has(name));
  }

  #add(what: string): void {
    if (!this.#columns.has(what)) this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}

function hasThoughts({thoughts, thoughtData}: AnswerContent): boolean {
  return thoughts !== null || thoughtData.length > 0;
}
