/** Tables of plain text, as wide as there is room for. */
import {displayWidth, isPlain, padEnd, padStart, shortenRight} from '../terminal/display-width.js';
import {printable} from '../terminal/printable.js';
import {shortNames, withoutHead} from '../terminal/short-names.js';

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where the room is short, the columns with the highest ranks give way. The first column stays, and those of rank 0. */
  readonly rank: number;
  /** What the column shows of a row; made printable here. */
  readonly cell: (row: Row) => string;
  /** Colours what is shown of a row. */
  readonly color?: (row: Row) => ((text: string) => string) | undefined;
}

/** A column with what it shows; every cell is made and measured once. */
interface FilledColumn extends Pick<Column<never>, 'title' | 'align' | 'rank'> {
  readonly cells: readonly string[];
  readonly width: number;
  /** Whether every cell is printable ASCII, as most are. */
  readonly arePlain: boolean;
  readonly colors: readonly (((text: string) => string) | undefined)[];
}

const GAP = '  ';
/** Columns give way as long as the first one, which names the row, would be cut to less. */
const NARROWEST_FIRST = 20;
/** Beside columns that do not give way, this much of the first one stays. */
const LEAST_FIRST = 8;

/**
 * The lines of a table: a header, and a line for each row. Columns give way by their rank, and the names in the first one
 * are shortened. No line is wider than `width`, unless columns of rank 0 leave no room.
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

function filled<Row>({title, align, rank, cell, color}: Column<Row>, rows: readonly Row[]): FilledColumn {
  let widest = displayWidth(title);
  let arePlain = true;
  let [last, shown] = ['', ''];
  const cells = rows.map((row) => {
    const text = cell(row);
    // Many rows say the same as the one above: the model, the state.
    if (text === last) return shown;
    [last, shown] = [text, printable(text)];
    const isCellPlain = isPlain(shown);
    widest = Math.max(widest, isCellPlain ? shown.length : displayWidth(shown));
    arePlain &&= isCellPlain;
    return shown;
  });
  const colors = color === undefined ? [] : rows.map(color);
  return {title, align, rank, cells, width: widest, arePlain, colors};
}

function fitting(columns: readonly FilledColumn[], room: number): readonly FilledColumn[] {
  const [first, ...others] = columns;
  if (first === undefined || others.length === 0 || widthOf(others) + first.width <= room) return columns;
  const isShort = first.width <= NARROWEST_FIRST;
  const least = isShort ? first.width : Math.min(NARROWEST_FIRST, widest(withoutHead(first.cells)));
  let shown = others;
  while (widthOf(shown) + least > room) {
    const last = Math.max(0, ...shown.map(({rank}) => rank));
    if (last === 0) break;
    shown = shown.filter(({rank}) => rank < last);
  }
  return [first, ...shown];
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0);
}

function layOut([first, ...others]: readonly FilledColumn[], room: number): readonly string[] {
  if (first === undefined) return [];
  const isPinned = others.length > 0 && others.every(({rank}) => rank === 0);
  const least = isPinned ? LEAST_FIRST : 1;
  const firstRoom = Math.max(Math.min(first.width, least), Math.min(first.width, room - widthOf(others)));
  const cells = first.width <= firstRoom ? first.cells : shortNames(first.cells, firstRoom);
  const width = cells === first.cells ? firstRoom : Math.min(firstRoom, widest([first.title, ...cells]));
  const named = {...first, width, cells};
  const title = [named, ...others].map((column) => pad(column, shortenRight(column.title, column.width)));
  const tails = tailsOf(others, first.cells.length);
  const lines = paddedCells(named).map((cell, row) => {
    const tail = tails[row] ?? '';
    return tail === '' ? cell.trimEnd() : cell + tail;
  });
  return [title.join(GAP).trimEnd(), ...lines];
}

/** What stands behind the first column, row by row, without blanks at the end; where it is as in the row above, the same text. */
function tailsOf(columns: readonly FilledColumn[], rows: number): readonly string[] {
  const cells = columns.map(paddedCells);
  let tail = '';
  return Array.from({length: rows}, (_, row) => {
    if (row > 0 && cells.every((column) => column[row] === column[row - 1])) return tail;
    tail = cells
      .map((column) => GAP + (column[row] ?? ''))
      .join('')
      .trimEnd();
    return tail;
  });
}

/** The cells as they are shown; blanks beside a text have no colour, so that those at the end of a line can be left out. */
function paddedCells(column: FilledColumn): readonly string[] {
  let [last, padded] = ['', pad(column, '')];
  return column.cells.map((text, row) => {
    if (text !== last) [last, padded] = [text, pad(column, text)];
    const color = column.colors[row];
    return color === undefined || text === '' ? padded : padded.replace(text, () => color(text));
  });
}

/** The columns that these take, with the gap before each. */
function widthOf(columns: readonly FilledColumn[]): number {
  return columns.reduce((sum, {width}) => sum + GAP.length + width, 0);
}

function pad({align, width, arePlain}: FilledColumn, text: string): string {
  if (arePlain) return align === 'right' ? text.padStart(width) : text.padEnd(width);
  return align === 'right' ? padStart(text, width) : padEnd(text, width);
}
