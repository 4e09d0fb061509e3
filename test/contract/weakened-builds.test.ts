/** The slow crash suite weakens compiled modules by text that they hold; here it is noticed at once when one no longer does. */
import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {runInNewContext} from 'node:vm';
import {expect, test} from '@jest/globals';
import {ROOT} from '../helpers/run-cli.js';

const CRASH = join(ROOT, 'test/crash');
const SOURCES = readdirSync(CRASH, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({
    name: relative(ROOT, join(CRASH, name)),
    text: readFileSync(join(CRASH, name), 'utf8'),
  }));

const LITERAL = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|/(?:[^/\\\n]|\\.)+/[a-z]*`;
/** One weakening as the attacks write it: its module, and at once what it finds there. */
const WEAKENING = new RegExp(String.raw`\bfile: (${LITERAL}),\s*find: (${LITERAL}),`, 'gu');

const weakenings = SOURCES.flatMap(({name, text}) =>
  [...text.matchAll(WEAKENING)].map(([, file, find]) => ({
    from: name,
    file: String(literal(file)),
    find: literal(find),
  })),
);

test('every weakening of the crash suite is read here', () => {
  const unread = SOURCES.filter(({name}) => !name.endsWith('support/weakened-build.ts')).flatMap(
    ({name, text}) => {
      const written = text.match(/\bfind:/gu)?.length ?? 0;
      const read = weakenings.filter(({from}) => from === name).length;
      return written === read
        ? []
        : [`${name}: ${read} of ${written}; write them as {file: '…', find: '…', replace: …}`];
    },
  );
  expect(unread).toEqual([]);
  expect(weakenings.length).toBeGreaterThan(30);
});

test('compiled modules hold what the crash suite weakens', () => {
  const lost = weakenings.flatMap(({from, file, find}) => {
    const path = join(ROOT, '.build/src', file);
    const text = readFileSync(path, 'utf8');
    const holds = typeof find === 'string' ? text.includes(find) : text.search(find as RegExp) >= 0;
    return holds ? [] : [`${from}: ${file} does not contain ${String(find)}`];
  });
  expect(lost).toEqual([]);
});

function literal(source = ''): unknown {
  return runInNewContext(source);
}
