import {expect, test} from '@jest/globals';
import {fileAnnotations} from '../../../../src/lib/output/github/annotations.js';

const ENV = {GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: process.cwd()};

test('an annotation names file, line and column, with what GitHub would misread escaped', () => {
  const error = {
    code: 'FILE_INVALID',
    message: '100% wrong:\nno, really',
    suggestions: ['Correct it.'],
    line: 3,
    column: 14,
  } as const;
  expect(fileAnnotations({file: 'a,b:c%.jsonl', outcome: 'failed', error}, ENV)).toEqual([
    '::error file=a%2Cb%3Ac%25.jsonl,line=3,col=14::100%25 wrong:%0Ano, really%0ACorrect it.',
  ]);
});

test('an annotation of a whole file has no line, and its path begins at the root of the repository', () => {
  const error = {code: 'FILE_EMPTY', message: 'empty', suggestions: []} as const;
  const env = {...ENV, GITHUB_WORKSPACE: `${process.cwd()}/..`};
  const [line] = fileAnnotations({file: 'a.jsonl', outcome: 'failed', error}, env);
  expect(line).toMatch(/^::error file=[^/]+\/a\.jsonl::empty$/u);
});

test('warnings are annotations too; files that were not started, and other places, have none', () => {
  const warned = {file: 'a.jsonl', outcome: 'submitted', warnings: ['odd field']} as const;
  expect(fileAnnotations(warned, ENV)).toEqual(['::warning file=a.jsonl::odd field']);
  const error = {code: 'QUOTA', message: 'full', suggestions: []} as const;
  expect(fileAnnotations({file: 'a.jsonl', outcome: 'not_started', error}, ENV)).toEqual([]);
  expect(fileAnnotations(warned, {})).toEqual([]);
});
