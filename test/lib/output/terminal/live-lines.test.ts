import {expect, test} from '@jest/globals';
import {LiveLines} from '../../../../src/lib/output/terminal/live-lines.js';

/** What a terminal of this width is sent. */
function terminal(columns: number): {written: string[]; columns: number; write: (text: string) => boolean} {
  const written: string[] = [];
  return {written, columns, write: (text) => written.push(text) > 0};
}

test('draws over its lines, keeps printed ones above, and writes nothing when nothing changed', () => {
  const stream = terminal(20);
  const live = new LiveLines(stream);
  live.draw(['one', 'two']);
  live.draw(['one', 'two']);
  live.print(['a warning']);
  live.draw([]);
  expect(stream.written).toEqual([
    'one\u001B[K\ntwo\u001B[K\n\u001B[J',
    '\r\u001B[2Aa warning\u001B[K\none\u001B[K\ntwo\u001B[K\n\u001B[J',
    '\r\u001B[2A\u001B[J',
  ]);
});

test('counts the rows that lines take after the terminal was made narrower', () => {
  const stream = terminal(20);
  const live = new LiveLines(stream);
  live.draw(['x'.repeat(20)]);
  stream.columns = 8;
  live.draw(['y']);
  expect(stream.written.at(-1)).toBe('\r\u001B[3Ay\u001B[K\n\u001B[J');
});
