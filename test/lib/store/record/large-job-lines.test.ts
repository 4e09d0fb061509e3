import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../src/lib/domain/job/job-record.js';
import {JobLines} from '../../../../src/lib/store/record/job-lines.js';
import type {JobLine} from '../../../../src/lib/store/record/stored-record.js';
import {seededRandom, shuffled} from '../../../helpers/seeded-random.js';
import {jobRecord, recordLine} from '../records.js';

/** Several pieces. */
const JOBS = 800;
const FIRST = Array.from({length: JOBS}, (_, i) => recordLine(`old${i}`, {submitted_at: 'x'.repeat(250)}));
const bytesOf = (lines: JobLines): Buffer => Buffer.concat(lines.pieces);

const finish = (record: JobRecord): JobRecord => ({
  ...record,
  batch: {...record.batch, state: 'JOB_STATE_SUCCEEDED'},
});

/** What is known of the lines, apart from the pieces that their bytes are in. */
function placesOf(lines: JobLines): string {
  return JSON.stringify(
    lines.jobs.map(({record, line, piece, start, end}) => [
      record,
      line,
      lines.pieces[piece]?.toString('utf8', start, end),
      lines.positionsOf(record.batch.name),
    ]),
  );
}

/** Whether a content is what reading its bytes anew gives. */
function isSound(lines: JobLines): boolean {
  const bytes = bytesOf(lines);
  return lines.sizeBytes === bytes.length && placesOf(lines) === placesOf(JobLines.parse(bytes));
}

describe('a change of a large content', () => {
  const lines = JobLines.parse(Buffer.from(FIRST.join('')));

  test('copies the pieces with changed lines, and no others', () => {
    const [job] = lines.jobs;
    const changed = lines.withChanged(new Map(job ? [[job, finish(job.record)]] : []));
    expect(lines.pieces.length).toBeGreaterThan(3);
    expect(changed.pieces.filter((piece, at) => piece !== lines.pieces[at])).toHaveLength(1);
    expect(changed.jobs.filter((line, at) => line.record !== lines.jobs[at]?.record)).toHaveLength(1);
    expect(lines.withAdded([jobRecord('new')]).pieces.slice(0, -1)).toEqual(lines.pieces.slice(0, -1));
  });

  test('leaves what it came of as it was, also where both go on', () => {
    const before = placesOf(lines);
    lines.positionsOf('batches/old1');
    const [one, two] = [lines.withAdded([jobRecord('x')]), lines.withAdded([jobRecord('y'), jobRecord('x')])];
    expect([one, two].map((each) => each.positionsOf('batches/x'))).toEqual([[JOBS], [JOBS + 1]]);
    expect([lines, one].map((each) => each.positionsOf('batches/y'))).toEqual([[], []]);
    expect(placesOf(lines)).toEqual(before);
    expect(isSound(one)).toBe(true);
    expect(isSound(two)).toBe(true);
  });

  test('is sound after any row of changes, with repeated and renamed jobs and lines that are no records', () => {
    const random = seededRandom(20_261_128);
    const noise = ['junk\n', '# note\n', '\n', `${recordLine('old3').trimEnd()}\r\n`];
    let now = JobLines.parse(Buffer.from([...FIRST.slice(0, 400), ...noise, ...FIRST.slice(300)].join('')));
    for (let round = 0; round < 40; round += 1) {
      const chosen = now.jobs.filter(() => random() < 0.006);
      const changes = chosen.map((job, i): [JobLine, JobRecord] => {
        const next = finish({...job.record, uploaded_file_name: 'x'.repeat(Math.floor(random() * 900))});
        return [
          job,
          round % 10 === 9 ? {...next, batch: {...next.batch, name: `batches/r${round}-${i}`}} : next,
        ];
      });
      now = now.withChanged(new Map(changes));
      const added = Array.from({length: Math.floor(random() * 5)}, (_, i) => jobRecord(`new${round}-${i}`));
      now = now.withAdded(added);
      if (round % 8 === 7) expect(isSound(now)).toBe(true);
    }
    expect(isSound(now)).toBe(true);
  });
});

describe('a content that another process has written', () => {
  const known = JobLines.parse(Buffer.from(FIRST.join('')));
  const knownRecords = new Set(known.jobs.map(({record}) => record));
  const read = (lines: readonly string[]): JobLines => JobLines.parse(Buffer.from(lines.join('')), known);
  const newObjects = (lines: JobLines): string[] =>
    lines.jobs.filter(({record}) => !knownRecords.has(record)).map(({record}) => record.batch.name);

  test.each([
    ['changed a line', FIRST.with(7, recordLine('old7')), ['batches/old7']],
    ['added a line', [...FIRST, recordLine('new')], ['batches/new']],
    ['put a line between', FIRST.toSpliced(5, 0, recordLine('new')), ['batches/new']],
    ['put a comment between', FIRST.toSpliced(5, 0, '# mine\n'), []],
    ['removed lines', FIRST.toSpliced(5, 300), ['batches/old305']],
    ['nothing', FIRST, []],
  ])('has only the lines parsed that are new: %s', (_, lines, parsed) => {
    const now = read(lines);
    expect(newObjects(now)).toEqual(parsed);
    expect(isSound(now)).toBe(true);
  });

  test.each([
    ['in another order', shuffled(FIRST, seededRandom(7))],
    ['that is empty', []],
    ['with repeated lines', [...FIRST.slice(0, 10), ...FIRST]],
    ['cut in a line', [FIRST.join('').slice(0, -20)]],
  ])('is read as it is, %s', (_, lines) => {
    expect(isSound(read(lines))).toBe(true);
  });
});
