import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../../src/lib/domain/job/job-record.js';
import {RecordsByName} from '../../../../../src/lib/workflows/fetch/place/records-by-name.js';

function job(file: string, name: string, results?: string): JobRecord {
  const batch = {name: `batches/${name}`, state: 'JOB_STATE_RUNNING'};
  const its = {file: results} as JobRecord['results'];
  return {
    input_file: file,
    count: 1,
    uploaded_file_name: '',
    batch,
    ...(results === undefined || its === undefined ? {} : {results: its}),
  };
}

const names = new Set(['a.jsonl']);
const other = job('else.jsonl', 'other');

function filesOf(records: readonly JobRecord[]): string[] {
  return records.map(({input_file: file, results}) => results?.file ?? file);
}

describe('records by the last names of their paths', () => {
  test('finds results in whatever case and folder, and paths that have to be made plain first', () => {
    const records = [job('1', '1', 'x/A.jsonl'), job('2', '2', 'b.jsonl'), job('3', '3', 'x/../c.jsonl')];
    const found = new RecordsByName(records).withResults(other, names);
    expect(filesOf(found).toSorted()).toEqual(['x/../c.jsonl', 'x/A.jsonl']);
  });

  test('finds request files of jobs that were recorded before, and no others', () => {
    const [first, own, last] = [job('a.jsonl', '1'), job('a.jsonl', '2'), job('a.jsonl', '3')] as const;
    const byName = new RecordsByName([first, own, last]);
    expect(byName.before(own, names)).toEqual([first]);
    expect(byName.before(other, names)).toEqual([]);
  });

  test('goes along when results come, move and go', () => {
    const [one, two] = [job('1', '1'), job('2', '2', 'r/a.jsonl')] as const;
    const byName = new RecordsByName([one, two]);
    byName.update([job('1', '1', 'a.jsonl'), job('2', '2', 'r/b.jsonl')]);
    expect(filesOf(byName.withResults(other, names))).toEqual(['a.jsonl']);
    expect(byName.update([one, two]).withResults(other, names)).toEqual([two]);
  });

  test('goes along when records are added, removed and put in another order', () => {
    const [one, two] = [job('1', '1', 'a.jsonl'), job('a.jsonl', '2')] as const;
    const byName = new RecordsByName([one]);
    expect(byName.update([one, two, other]).before(other, names)).toEqual([two]);
    expect(byName.update([other, two]).before(other, names)).toEqual([]);
    expect(byName.withResults(other, names)).toEqual([]);
  });

  test('looks at no record that has not changed', () => {
    let looks = 0;
    const records = Array.from({length: 1_000}, (_, i): JobRecord => ({
      ...job('', String(i)),
      get input_file() {
        looks += 1;
        return `f${i}.jsonl`;
      },
    }));
    const byName = new RecordsByName(records);
    looks = 0;
    byName.update([...records.slice(0, 500), job('f500.jsonl', '500', 'a.jsonl'), ...records.slice(501)]);
    expect(looks).toBeLessThan(5);
    expect(byName.withResults(other, names)).toHaveLength(1);
  });
});
