import {expect, test} from '@jest/globals';
import {displayWidth} from '../../../../src/lib/output/terminal/display-width.js';
import {tableLines, type Column} from '../../../../src/lib/output/text/table.js';

interface Fruit {
  readonly name: string;
  readonly number: number;
  readonly color: string;
}

const FRUITS: readonly Fruit[] = [
  {name: 'an apple from the old garden', number: 5, color: 'red'},
  {name: '桃\u001B[2J', number: 1_200, color: ''},
];

const COLUMNS: readonly Column<Fruit>[] = [
  {title: 'Name', align: 'left', rank: 0, cell: ({name}) => name},
  {title: 'Number', align: 'right', rank: 2, cell: ({number}) => String(number)},
  {title: 'Color', align: 'left', rank: 1, cell: ({color}) => color},
];

test('a table is as wide as its cells, numbers stand on the right, nothing unprintable comes through', () => {
  expect(tableLines(FRUITS, COLUMNS, 80)).toEqual([
    'Name                          Number  Color',
    'an apple from the old garden       5  red',
    '桃\\x1b[2J                       1200',
  ]);
});

test.each([
  [40, ['Name                       Number  Color', 'an apple…m the old garden       5  red']],
  [30, ['Name                     Color', 'an appl… the old garden  red']],
  [26, ['Name', 'an apple…om the old garden']],
])(
  'with %d columns the first column is cut in its middle, the highest rank gives way',
  (width, [head, row]) => {
    expect(tableLines(FRUITS, COLUMNS, width).slice(0, 2)).toEqual([head, row]);
  },
);

test.each([1, 2, 10, 21, 22, 35])('no line is wider than %d columns', (width) => {
  expect(Math.max(...tableLines(FRUITS, COLUMNS, width).map(displayWidth))).toBeLessThanOrEqual(width);
});

test('without rows there is a header', () => {
  expect(tableLines([], COLUMNS, 80)).toEqual(['Name  Number  Color']);
});

test('a cell that says the same as the one above is shown like that one', () => {
  const names = ['', '\u0007', '\u0007', '', '桃', '桃', 'a'];
  const rows = names.map((name): Fruit => ({name, number: 1, color: ''}));
  const [column] = COLUMNS;
  const lines = tableLines(rows, column ? [column] : [], 80);
  expect(lines).toEqual(['Name', '', '\\x07', '\\x07', '', '桃', '桃', 'a']);
});
