import {describe, expect, test} from '@jest/globals';
import {
  checkFile,
  firstProblem,
  goodLine,
  lineWith,
  requestLine,
} from '../../../helpers/check-request-file.js';
import {seededRandom} from '../../../helpers/seeded-random.js';

const GOOD = goodLine('a');

describe('RequestFileCheck', () => {
  test('counts the lines that are not blank', () => {
    expect(checkFile(`\n${GOOD}\n \t\r\n\n${goodLine('b')}`)).toEqual({
      count: 2,
      problems: [],
      warnings: [],
      isComplete: true,
    });
    expect(checkFile('').count).toBe(0);
    expect(checkFile('\n \n').count).toBe(0);
  });

  test('names both lines of a key, however it is written', () => {
    const {problems} = checkFile(
      `${goodLine('é')}\n\n${goodLine('b')}\n${goodLine('\\u00e9')}\n${goodLine('b')}`,
    );
    expect(problems).toEqual([
      {line: 4, column: 2, text: 'the key "é" is already used in line 1; keys must differ'},
      {line: 5, column: 2, text: 'the key "b" is already used in line 3; keys must differ'},
    ]);
  });

  test('keeps many keys apart', () => {
    const lines = Array.from({length: 5_000}, (_, i) => goodLine(`k${i}`));
    expect(checkFile(lines.join('\n')).problems).toEqual([]);
    expect(firstProblem([...lines, goodLine('k4321')].join('\n'))).toMatch(
      /^5001:2: .* already used in line 4322/u,
    );
  });

  test('stops after twenty problems', () => {
    const {problems, isComplete} = checkFile('{}\n'.repeat(100));
    expect(problems).toHaveLength(20);
    expect(isComplete).toBe(false);
  });

  test('tells a warning once, with the number of its lines', () => {
    const odd = (key: string): string =>
      requestLine('{"contents":[{"parts":[{"text":""},{"text":""}]}]}', key);
    expect(checkFile(`${GOOD}\n${odd('b')}\n${odd('c')}`).warnings).toEqual([
      {text: '"text" is empty; the service may refuse the request', firstLine: 2, lineCount: 2},
    ]);
  });

  test('shows no more of a file than a terminal and a line can take', () => {
    const turn = `{"role":"\\u202e\\u001b[2J${'x'.repeat(200)}","parts":[{"text":"a"}]}`;
    expect(firstProblem(requestLine(`{"contents":[${turn}]}`, `\\u001b[31m${'k'.repeat(100)}`))).toBe(
      `1:145: the role is "\uFFFD\uFFFD[2J${'x'.repeat(35)}…"; write "user" or "model"`,
    );
  });

  test('sees the same wherever chunks end', () => {
    const lines = `\r\n${goodLine('ü')}\r\n{"key": NaN}\n${goodLine('ü')}\n${lineWith('"model":"m"')}\n`;
    const file = Buffer.concat([Buffer.from(lines), Buffer.from('{"a\xe9', 'latin1')]);
    const whole = checkFile(file);
    expect(whole.problems.map(({line}) => line)).toEqual([3, 4, 6]);
    expect(whole.warnings).toHaveLength(1);
    for (let cut = 0; cut <= file.length; cut++) expect(checkFile(file, [cut])).toEqual(whole);
    const random = seededRandom(7);
    for (let run = 0; run < 100; run++) {
      const cuts = Array.from({length: 20}, () => Math.floor(random() * file.length)).sort((a, b) => a - b);
      expect(checkFile(file, cuts)).toEqual(whole);
    }
  });
});
