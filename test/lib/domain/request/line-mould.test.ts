import {expect, test} from '@jest/globals';
import {JsonCursor, skipValue} from '../../../../src/lib/domain/json/json-cursor.js';
import {KeyScan} from '../../../../src/lib/domain/request-key/key-scan.js';
import {LineMould} from '../../../../src/lib/domain/request/line-mould.js';
import {seededRandom} from '../../../helpers/seeded-random.js';

const LINES = 10_000;
const MIB = 1024 ** 2;

/** Shares of lines that fit, and of those that are drafted, where lines have the forms that are named. */
function shares(formOf: (line: number) => number): {fitting: number; drafted: number} {
  const cursor = new JsonCursor();
  const mould = new LineMould();
  let fitting = 0;
  let drafted = 0;
  for (let line = 0; line < LINES; line++) {
    const bytes = Buffer.from(`{"form${formOf(line)}":${line}}`);
    const range = {start: 0, end: bytes.length};
    cursor.begin(bytes, range);
    if (mould.fits(cursor)) {
      fitting++;
      continue;
    }
    if (mould.isDrafting) drafted++;
    expect(cursor.walkObject(bytes, range, () => mould.readFree(cursor, skipValue))).toBe(true);
    mould.keepDraft(cursor);
  }
  return {fitting: fitting / LINES, drafted: drafted / LINES};
}

test('lines of one form fit from the second one on', () => {
  expect(shares(() => 1)).toEqual({fitting: 1 - 1 / LINES, drafted: 1 / LINES});
});

test('some lines of another form in between do no harm', () => {
  expect(shares((line) => (line % 4 === 3 ? 2 : 1))).toEqual({fitting: 0.75 - 1 / LINES, drafted: 1 / LINES});
});

test('lines are drafted again when their form changes for good', () => {
  const {fitting, drafted} = shares((line) => Math.floor(line / 100));
  expect(fitting).toBe(0.98 + 1 / LINES);
  expect(drafted).toBe(0.01);
});

test('lines of ever another form are tried, and drafted, only now and then', () => {
  const random = seededRandom(20260103);
  const {fitting, drafted} = shares(() => Math.floor(random() * 1000));
  expect(fitting).toBeLessThan(0.01);
  expect(drafted).toBeLessThan(0.03);
  expect(drafted).toBeGreaterThan(0.005);
});

test('a line of very many values takes no memory for each', () => {
  const line = Buffer.from(`{"key":"k","vector":[${'0,'.repeat(2_000_000)}0]}`);
  const scan = new KeyScan();
  const used = (): number => {
    const {heapUsed, arrayBuffers} = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  for (let i = 0; i < 3; i++)
    expect(Buffer.from(scan.keyOf(line, 0, line.length) ?? '').toString()).toBe('k');
  expect(used() - before).toBeLessThan(16 * MIB);
});
