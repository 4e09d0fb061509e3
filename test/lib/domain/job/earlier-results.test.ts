import {expect, test} from '@jest/globals';
import {jobsWithEarlierResults} from '../../../../src/lib/domain/job/earlier-results.js';

function earlier(...places: readonly (readonly [file: string, results: string | undefined])[]): string {
  const jobs = places.map(([file, results], at) => ({
    name: String(at),
    file,
    results: results === undefined ? undefined : {file: results},
  }));
  return [...jobsWithEarlierResults(jobs)].join('');
}

test('earlier results are those in the folder for them, while newer ones are in their place', () => {
  expect(earlier(['a', 'results/earlier/a'], ['a', 'results/a'], ['b', 'results/b'])).toBe('0');
  expect(earlier(['a', 'out/earlier/x/a'], ['a', 'out/earlier/x/a.2'], ['a', 'out/x/a'])).toBe('01');
  expect(earlier(['a', 'results/earlier/a'], ['a', undefined])).toBe('');
});

test('a request file may be in a folder of that name', () => {
  expect(earlier(['earlier/a', 'earlier/results/a'])).toBe('');
  expect(earlier(['earlier/a', 'earlier/results/earlier/a'], ['earlier/a', 'earlier/results/a'])).toBe('0');
});
