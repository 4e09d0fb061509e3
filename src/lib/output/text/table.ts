/** Tables of plain text, as wide as there is room for. */
import {displayWidth, isPlain, padEnd, padStart, shortenLeft} from '../terminal/display-width.js';
import {printable} from '../terminal/printable.js';

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where the room is short, the columns with the highest ranks give way. The first column always stays. */
  readonly rank: number;
  /** What the column shows of a row; made printable here. */
  readonly cell: (row: Row) => string;
}

/** A column with what it shows; every cell is made and measured once. */
interface FilledColumn extends Pick<Column<never>, 'title' | 'align' | 'rank'> {
  readonly cells: readonly string[];
  readonly width: number;
  /** Whether every cell is printable ASCII, as most are. */
  readonly arePlain: boolean;
}

const GAP = '  ';
/** Columns give way as long as the first one, which names the row, would be cut to less. */
const NARROWEST_FIRST = 20;

/**
 * The lines of a table: a header, and a line for each row. No line is wider than `width`: columns give way by their
 * rank, and the first one is cut at its start.
 *
 * @param columns - at least one, in the order in which they are shown.
 */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
): readonly string[] {
  return layOut(
    fitting(
      columns.map((column) => filled(column, rows)),
      width,
    ),
    width,
  );
}

function filled<Row>({title, align, rank, cell}: Column<Row>, rows: readonly Row[]): FilledColumn {
  let widest = displayWidth(title);
  let arePlain = true;
  const cells = rows.map((row) => {
    const text = cell(row);
    if (text === '') return text;
    const shown = printable(text);
    widest = Math.max(widest, displayWidth(shown));
    arePlain &&= isPlain(shown);
    return shown;
  });
  return {title, align, rank, cells, width: widest, arePlain};
}

function fitting(columns: readonly FilledColumn[], room: number): readonly FilledColumn[] {
  const [first, ...others] = columns;
  if (first === undefined || others.length === 0 || widthOf(others) + NARROWEST_FIRST <= room) return columns;
  const last = Math.max(...others.map(({rank}) => rank));
  return fitting([first, ...others.filter(({rank}) => rank < last)], room);
}

function layOut([first, ...others]: readonly FilledColumn[], room: number): readonly string[] {
  if (first === undefined) return [];
  const firstWidth = Math.max(1, Math.min(first.width, room - widthOf(others)));
  const fitted = {...first, width: firstWidth};
  const line = (textOf: (column: FilledColumn) => string): string => {
    const name = textOf(first);
    let text = pad(fitted, first.width > firstWidth ? shortenLeft(name, firstWidth) : name);
    for (const column of others) text += GAP + pad(column, textOf(column));
    return text.trimEnd();
  };
  return [line(({title}) => title), ...first.cells.map((_, row) => line(({cells}) => cells[row] ?? ''))];
}

/** The columns that these take, with the gap before each. */
function widthOf(columns: readonly FilledColumn[]): number {
  return columns.reduce((sum, {width}) => sum + GAP.length + width, 0);
}

function pad({align, width, arePlain}: FilledColumn, text: string): string {
  if (arePlain) return align === 'right' ? text.padStart(width) : text.padEnd(width);
  return align === 'right' ? padStart(text, width) : padEnd(text, width);
}
