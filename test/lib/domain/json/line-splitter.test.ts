import {describe, expect, test} from '@jest/globals';
import {LineSplitter} from '../../../../src/lib/domain/json/line-splitter.js';

function split(chunks: readonly Buffer[]): {text: string; line: number; offset: number}[] {
  const lines: {text: string; line: number; offset: number}[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString();
    lines.push({text, line: splitter.lineNumber, offset: splitter.lineOffset});
  });
  for (const chunk of chunks) {
    splitter.push(chunk);
    chunk.fill('#'); // A reader fills its buffer anew.
  }
  splitter.finish();
  return lines;
}

describe('LineSplitter', () => {
  const whole = 'first\r\n\nü\u2028é\rstill\n\nlast without newline';
  const expected = [
    {text: 'first\r', line: 1, offset: 0},
    {text: '', line: 2, offset: 7},
    {text: 'ü\u2028é\rstill', line: 3, offset: 8},
    {text: '', line: 4, offset: 22},
    {text: 'last without newline', line: 5, offset: 23},
  ];

  test('splits the same wherever two cuts fall', () => {
    const length = Buffer.byteLength(whole);
    for (let first = 0; first <= length; first++) {
      for (let second = first; second <= length; second++) {
        const bytes = Buffer.from(whole);
        const cut = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(split(cut)).toEqual(expected);
      }
    }
  });

  test('sees no line after the last newline and none in nothing', () => {
    expect(split([Buffer.from('a\n')])).toHaveLength(1);
    expect(split([])).toEqual([]);
  });

  test.each([
    ['in one chunk', ['long\nabc\nlonger']],
    ['over several', ['lo', 'ng\nab', 'c\nlon', 'ger']],
  ])('passes no line on that is too long, %s', (_, chunks) => {
    const seen: string[] = [];
    const note = (bytes: Uint8Array, start: number, end: number): void => {
      seen.push(Buffer.from(bytes.subarray(start, end)).toString());
    };
    const splitter = new LineSplitter(note, {maxBytes: 3, onTooLong: () => seen.push('too long')});
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.finish();
    expect(seen).toEqual(['too long', 'abc', 'too long']);
  });

  test('keeps its memory for the next line that spans chunks', () => {
    const seen = new Set<Uint8Array>();
    const splitter = new LineSplitter((bytes) => seen.add(bytes));
    for (const chunk of ['first', ' line\nsecond', ' one\nthird', '!\n']) splitter.push(Buffer.from(chunk));
    expect(seen.size).toBe(1);
  });

  test('joins a line of many chunks in linear time', () => {
    const chunks = Array.from({length: 2000}, () => Buffer.alloc(4096, 'x'));
    expect(split(chunks)[0]?.text).toHaveLength(2000 * 4096);
  });
});
