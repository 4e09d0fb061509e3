import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../src/lib/domain/job/job-record.js';
import {JobLines} from '../../../../src/lib/store/record/job-lines.js';
import type {JobLine} from '../../../../src/lib/store/record/stored-record.js';
import {seededRandom} from '../../../helpers/seeded-random.js';
import {jobRecord, recordLine} from '../records.js';
import {NO_USAGE} from '../../../../src/lib/domain/price/usage.js';
import {noCounts} from '../../../../src/lib/domain/result/row-counts.js';

const parse = (content: string | Uint8Array): JobLines => JobLines.parse(Buffer.from(content));
const bytesOf = (lines: JobLines): Buffer => Buffer.concat(lines.pieces);
const textOf = (lines: JobLines): string => bytesOf(lines).toString();

function changeAll(lines: JobLines, change: (record: JobRecord) => JobRecord): JobLines {
  return lines.withChanged(new Map(lines.jobs.map((job) => [job, change(job.record)])));
}

const finish = (record: JobRecord): JobRecord => ({
  ...record,
  batch: {...record.batch, state: 'JOB_STATE_SUCCEEDED'},
});

describe('a line', () => {
  test('that is no job record is kept and reported with its number and the reason', () => {
    const content = Buffer.concat([
      Buffer.from('# my jobs\n\n[1]\n{"input_file": 7}\n{"input_file": "x"}\n{"input_file": "half'),
      Buffer.from('\n"\xff"\n', 'latin1'),
      Buffer.from(recordLine('a')),
    ]);
    const lines = parse(content);
    expect(lines.problems).toMatchObject([
      {line: 3, reason: 'it is not a JSON object'},
      {line: 4, reason: 'it has no input_file'},
      {line: 5, reason: 'it names no batch job'},
      {line: 6, reason: 'it is not valid JSON'},
      {line: 7, reason: 'it is not valid UTF-8'},
    ]);
    expect(lines.jobs.map(({line}) => line)).toEqual([8]);
    expect(bytesOf(lines.withAdded([jobRecord('b')]))).toEqual(
      Buffer.concat([content, Buffer.from(recordLine('b'))]),
    );
  });

  test('may begin with a byte order mark, end with a carriage return, or lack its newline', () => {
    const content = `\ufeff${recordLine('a').trimEnd()}\r\n${recordLine('b').trimEnd()}`;
    const lines = parse(content);
    expect(lines.jobs.map(({record}) => record.batch.name)).toEqual(['batches/a', 'batches/b']);
    expect(textOf(lines.withAdded([jobRecord('c')]))).toBe(`${content}\n${recordLine('c')}`);
  });
});

describe('a large file', () => {
  // Lines that end on both sides of what is made text at once, and one that is longer.
  test.each(['plain', 'with characters beyond ASCII: é 日本 😀'])('is read line by line (%s)', (note) => {
    const ids = Array.from({length: 6_000}, (_, i) => `job${i}`);
    const lines = ids.map((id, i) =>
      recordLine(id, {uploaded_file_name: `files/${note}${'x'.repeat(i === 3_000 ? 3_000_000 : i % 700)}`}),
    );
    const {jobs, problems} = parse(lines.join(''));
    expect(problems).toEqual([]);
    expect(jobs.map(({record}) => record.batch.name)).toEqual(ids.map((id) => `batches/${id}`));
    expect(jobs.every(({record}, i) => `${JSON.stringify(record)}\n` === lines[i])).toBe(true);
  });
});

describe('a changed record', () => {
  test('keeps unknown fields at every level, their order, and the nulls of other tools', () => {
    const old =
      '{"note":[1, 2.50],"input_file":"a.jsonl","count":3,"uploaded_file_name":"files/a","batch":' +
      '{"__proto__":{"x":1},"name":"batches/a","state":"JOB_STATE_RUNNING","dest":{"format":"jsonl","file_name":"files/r"},' +
      '"error":null,"tuned":null,"stats":{"extra":1}},"z":{"deep":true}}';
    expect(textOf(changeAll(parse(`${old}\n`), finish))).toBe(
      '{"input_file":"a.jsonl","count":3,"uploaded_file_name":"files/a","batch":' +
        '{"__proto__":{"x":1},"name":"batches/a","state":"JOB_STATE_SUCCEEDED","dest":{"format":"jsonl","file_name":"files/r"},' +
        '"error":null,"tuned":null,"stats":{"extra":1}},"note":[1, 2.50],"z":{"deep":true}}\n',
    );
  });

  test('keeps what JavaScript cannot hold as it is written: numbers of any size, nesting of any depth', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const foreign = `"id":12345678901234567890,"large":1e999,"zero":-0,"deep":${deep},"a":1,"a":{"b":2, "b":3}`;
    const known =
      '{"input_file":"a.jsonl","count":3,"uploaded_file_name":"files/a","batch":{"name":"batches/a",';
    const line = (state: string): string => `${known}"state":"${state}",${foreign}},${foreign}}\n`;
    const [changed, expected] = [
      textOf(changeAll(parse(line('JOB_STATE_RUNNING')), finish)),
      line('JOB_STATE_SUCCEEDED'),
    ];
    expect(changed).toBe(expected.replaceAll('"a":1,', ''));
  });

  test('loses the fields of ours that the change takes away, and no others', () => {
    const record = jobRecord('a', {batch: {name: 'batches/a', state: 'X', error: {message: 'once'}}});
    const lines = parse(`${JSON.stringify({...record, mine: 1})}\n`);
    const changed = changeAll(lines, ({batch, ...rest}) => ({
      ...rest,
      batch: {name: batch.name, state: 'Y'},
    }));
    expect(JSON.parse(textOf(changed))).toEqual({
      ...record,
      batch: {name: 'batches/a', state: 'Y'},
      mine: 1,
    });
  });

  test('moves the others without changing a byte, and can be changed again', () => {
    const lines = parse(`${recordLine('a')}junk\n${recordLine('b')}${recordLine('c')}`);
    const [, b] = lines.jobs;
    const once = lines.withChanged(new Map(b ? [[b, finish(b.record)]] : []));
    const twice = once
      .withAdded([jobRecord('d')])
      .withChanged(
        new Map(
          once.jobs
            .filter(({line}) => line !== 3)
            .map((job): [JobLine, JobRecord] => [job, finish(job.record)]),
        ),
      );
    const done = {batch: finish(jobRecord('a')).batch};
    const expected = [
      recordLine('a', done),
      'junk\n',
      recordLine('b', {batch: {...done.batch, name: 'batches/b'}}),
      recordLine('c', {batch: {...done.batch, name: 'batches/c'}}),
      recordLine('d'),
    ];
    expect(textOf(twice)).toBe(expected.join(''));
    expect(parse(textOf(twice)).jobs).toEqual(twice.jobs);
  });
});

describe('a record of an older format', () => {
  const legacy =
    '{"input_file": "a.jsonl", "job_name": "batches/a", "uploaded_file_name": "files/a", "own": 1}';

  test('is read as a job of which only the name is known', () => {
    const [job] = parse(`${legacy}\n`).jobs;
    expect(job?.record).toEqual({
      input_file: 'a.jsonl',
      count: null,
      uploaded_file_name: 'files/a',
      batch: {name: 'batches/a', state: 'JOB_STATE_UNSPECIFIED'},
      own: 1,
    });
  });

  test('stays as it is when another line is written', () => {
    expect(textOf(parse(legacy).withAdded([jobRecord('b')]))).toBe(`${legacy}\n${recordLine('b')}`);
  });

  test('is written in the present format once more is known of it', () => {
    expect(textOf(changeAll(parse(`${legacy}\n`), finish))).toBe(
      '{"input_file":"a.jsonl","uploaded_file_name":"files/a","batch":{"name":"batches/a","state":"JOB_STATE_SUCCEEDED"},"own":1}\n',
    );
    expect(textOf(changeAll(parse(`${legacy}\n`), (record) => ({...finish(record), count: 9})))).toMatch(
      /^\{"input_file":"a.jsonl","count":9,"uploaded_file_name"/,
    );
  });

  test('without a count is read with a count of null', () => {
    const line = '{"input_file":"a","uploaded_file_name":"f","batch":{"name":"b","state":"s","dest":null}}\n';
    expect(parse(line).jobs[0]?.record).toEqual({
      input_file: 'a',
      count: null,
      uploaded_file_name: 'f',
      batch: {name: 'b', state: 's'},
    });
  });
});

test('any bytes survive changes: only changed records and one missing newline differ', () => {
  const seed = 20_260_131;
  const random = seededRandom(seed);
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  const parts = [
    '\n',
    '\r\n',
    '\0',
    '{',
    '}',
    '"',
    '\ufeff',
    '\xff',
    '[]',
    'null',
    '{"input_file":"x"}',
    '\u{1f4a9}',
  ];
  for (let round = 0; round < 2_000; round += 1) {
    const pieces = Array.from({length: Math.floor(random() * 12)}, (_, index) => {
      const text = random() < 0.4 ? recordLine(`r${index}`) : (pick(parts) ?? '');
      return text === '\xff' ? Buffer.of(0xff) : Buffer.from(random() < 0.2 ? text.slice(0, 20) : text);
    });
    const content = Buffer.concat(pieces);
    const lines = JobLines.parse(content);
    const isOpen = content.length > 0 && content.at(-1) !== 0x0a;
    const added = Buffer.from((isOpen ? '\n' : '') + recordLine('new'));
    expect(bytesOf(lines.withAdded([jobRecord('new')])).equals(Buffer.concat([content, added]))).toBe(true);
    const victim = pick(lines.jobs);
    if (!victim) continue;
    const changed = bytesOf(lines.withChanged(new Map([[victim, finish(victim.record)]])));
    const tail = content.subarray(victim.end);
    expect(changed.subarray(0, victim.start).equals(content.subarray(0, victim.start))).toBe(true);
    expect(changed.subarray(changed.length - tail.length).equals(tail)).toBe(true);
  }
});

describe('a field of the wrong type', () => {
  const whole = {
    ...jobRecord('a'),
    sha256: 's',
    size_bytes: 1,
    attempt: 'a',
    service_url: 'http://127.0.0.1:8686',
    submitted_at: 't',
    results: {
      file: 'f',
      size_bytes: 1,
      sha256: 's',
      fetched_at: 't',
      rows: {...noCounts(), ok: 1},
      request_file: 'matched',
    },
    usage: {
      ...NO_USAGE,
      rows: 1,
      by_model_version: {m: {rows: 1, cost_usd: null}},
      cost_usd: 0.5,
      prices_read_on: '2026-11-27',
    },
    estimate: {
      model: 'm',
      method: 'offline',
      input_tokens: {low: 1, likely: 2, high: 3},
      output_tokens: {low: 1, likely: 2, high: 3},
      cost_usd: {low: 0.1, likely: 0.2, high: 0.3},
      read_on: '2026-11-27',
    },
    results_error: {message: 'm', at: 't'},
    remote_deleted_at: 't',
    lost_at: 't',
    adopted_at: 't',
    not_seen: {since: 't', looks: 1, given_up_at: 't'},
    running_seen_at: 't',
    retry_of: 'r',
    part_of: {input_file: 'w', sha256: 's', index: 1, of: 2, first_line: 1},
    object: {generation: '1', crc32c: 'c', md5: 'm'},
    joined: {file: 'j', size_bytes: 1, from: 's'},
    merged_at: '2026-01-31T12:00:00Z',
    requested_model: 'models/alias',
    results_left: 'gs://b/f/',
    left: {seen_at: 't', objects: 1, size_bytes: 1},
    batch: {
      name: 'batches/a',
      state: 's',
      display_name: 'd',
      model: 'm',
      create_time: 't',
      start_time: 't',
      update_time: 't',
      end_time: 't',
      src: {file_name: 'f'},
      dest: {file_name: 'f'},
      results_left: 'gs://b/f/',
      error: {message: 'm', code: 1},
      stats: {
        request_count: 1,
        pending_request_count: 1,
        successful_request_count: 1,
        failed_request_count: 1,
      },
    },
  } satisfies Required<JobRecord>;

  const lineWith = (changes: object): JobLines => parse(`${JSON.stringify({...whole, ...changes})}\n`);

  test('is not shown, whichever it is, and stays in the file', () => {
    expect(lineWith({}).jobs[0]?.record).toEqual(whole);
    for (const name of Object.keys(whole).filter((field) => !['input_file', 'batch'].includes(field))) {
      const lines = lineWith({[name]: [1]});
      expect(lines.jobs[0]?.record).not.toHaveProperty(name, [1]);
      if (name !== 'count' && name !== 'uploaded_file_name') {
        expect(JSON.parse(textOf(changeAll(lines, finish)))).toHaveProperty(name, [1]);
      }
    }
    for (const name of Object.keys(whole.batch).filter((field) => field !== 'name')) {
      const lines = lineWith({batch: {...whole.batch, [name]: [1]}});
      expect(lines.jobs[0]?.record.batch).not.toHaveProperty(name, [1]);
      expect(lines.jobs[0]?.record.batch.name).toBe('batches/a');
    }
  });

  test('hides the object that needs it', () => {
    const stats = {...whole.batch.stats, request_count: '1'};
    const rows = {...whole.results.rows, ok: null};
    const {record} =
      lineWith({batch: {...whole.batch, stats}, results: {...whole.results, rows}}).jobs[0] ?? {};
    expect(record).not.toHaveProperty('results');
    expect(record?.batch).not.toHaveProperty('stats');
  });
});
