import {expect, test} from '@jest/globals';
import {colorsFor, marksFor, outputMode, type Screen} from '../../../../src/lib/output/terminal/screen.js';

const write = (): boolean => true;

function screen(env: Screen['env'], isTTY = true): Screen {
  return {stdout: {write}, stderr: {write, isTTY}, env};
}

test.each([
  ['live', 'on a terminal', {}, true, {}],
  ['live', 'with CI switched off', {CI: 'false'}, true, {}],
  ['plain', 'in a pipe', {}, false, {}],
  ['plain', 'in CI', {CI: 'true'}, true, {}],
  ['plain', 'on a terminal that cannot move its cursor', {TERM: 'dumb'}, true, {}],
  ['quiet', 'with --quiet', {}, true, {isQuiet: true}],
  ['silent', 'with --json', {}, true, {isJson: true, isQuiet: true}],
])('is %s %s', (mode, _when, env, isTTY, flags) => {
  expect(outputMode(screen(env, isTTY), {isJson: false, isQuiet: false, ...flags})).toBe(mode);
});

test.each([
  [{LANG: 'de_DE.UTF-8'}, '✔'],
  [{LC_ALL: '', LC_CTYPE: '', LANG: 'C.utf8'}, '✔'],
  [{LC_ALL: 'C', LANG: 'en_US.UTF-8'}, '+'],
  [{}, '+'],
])('with the locale %j a done file is marked %s', (env, mark) => {
  expect(marksFor(screen(env)).done).toBe(mark);
});

test.each([
  ['coloured', 'on a terminal', {}, true],
  ['plain', 'in a pipe', {}, false],
  ['plain', 'with NO_COLOR', {NO_COLOR: '1'}, true],
  ['coloured', 'with FORCE_COLOR in a pipe', {FORCE_COLOR: '1'}, false],
])('text is %s %s', (how, _when, env, isTTY) => {
  const text = colorsFor({write, isTTY}, env).red('x');
  expect(text === 'x' ? 'plain' : 'coloured').toBe(how);
});
