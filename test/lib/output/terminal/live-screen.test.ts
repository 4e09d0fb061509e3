import {expect, test} from '@jest/globals';
import {LiveScreen} from '../../../../src/lib/output/terminal/live-screen.js';
import {fakeTerminal} from '../fake-terminal.js';

const NEVER_MS = 1_000_000;

test('nothing is taken before there is something to show, and all is given back', () => {
  const stream = fakeTerminal();
  let lines: readonly string[] = [];
  const screen = new LiveScreen({stream, redrawMs: NEVER_MS, frame: () => lines});
  screen.start();
  stream.write('a question? ');
  expect(stream.text).toBe('a question? ');
  lines = ['frame'];
  screen.draw();
  stream.write('said meanwhile\n');
  expect(stream.text).not.toContain('said');
  screen.hide(true);
  expect(stream.text.endsWith('\r\u001B[1Asaid meanwhile\u001B[K\n\u001B[J\u001B[?25h')).toBe(true);
  stream.write('at once\n');
  screen.draw();
  expect(stream.text.endsWith('at once\n')).toBe(true);
  screen.hide(false);
  screen.draw();
  screen.end(['the last line']);
  expect(stream.text.endsWith('the last line\u001B[K\n\u001B[J\u001B[?25h')).toBe(true);
});

test('a frame is never higher than the terminal, and what was said last stays in view', () => {
  const stream = fakeTerminal();
  stream.rows = 6;
  const rows: number[] = [];
  const frame = (room: {rows: number}): readonly string[] => {
    rows.push(room.rows);
    return Array.from({length: 50}, (_, i) => `line ${i}`);
  };
  const screen = new LiveScreen({stream, redrawMs: NEVER_MS, frame});
  screen.start();
  expect(stream.text.match(/line/gu)).toHaveLength(5);
  stream.write('one\ntwo\n');
  screen.draw();
  expect(rows).toEqual([5, 3]);
  screen.end([]);
});
