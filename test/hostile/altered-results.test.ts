import {copyFile, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

const RESULT = 'results/a.jsonl';

/** Two jobs whose results are on disk and kept at the service. */
async function fetchedJobs(...args: readonly string[]): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  await jobs.submit('b.jsonl');
  jobs.finishJobs();
  await jobs.poll(...args);
  return jobs;
}

/** A job that is over, some of its rows bad. */
async function jobWith(badRows: readonly string[]): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  if (badRows.length > 0) jobs.emulator.control.outcome({rows: [{fault: 'error', keys: [...badRows]}]});
  await jobs.submit('a.jsonl');
  jobs.finishJobs();
  return jobs;
}

const run = (jobs: JobFixture, ...args: string[]): Promise<CliResult> => runCli(args, jobs.options);

const outcomes = async (jobs: JobFixture, ...args: string[]): Promise<Record<string, string>> => {
  const {jobs: found} = (await run(jobs, ...args, '--json')).json() as {
    jobs: {file: string; outcome: string}[];
  };
  return Object.fromEntries(found.map(({file, outcome}) => [file, outcome]));
};

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** Every way in which a file is no longer what it was. */
const ALTERATIONS: readonly (readonly [string, (rows: string) => string])[] = [
  ['edited, of the same size', (rows) => rows.replace('"text":"', '"text":"x').slice(0, rows.length)],
  ['cut at a row', (rows) => `${rows.split('\n').slice(0, 1).join('\n')}\n`],
  ['cut within a row', (rows) => rows.slice(0, -5)],
  ['appended to', (rows) => `${rows}${rows.split('\n')[0] ?? ''}\n`],
  ['empty', () => ''],
];

describe('a result file that was altered', () => {
  test.each(ALTERATIONS)('(%s) is noticed', async (_, alter) => {
    const jobs = await fetchedJobs();
    await writeFile(join(jobs.folder, RESULT), alter(await jobs.read(RESULT)));
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'altered', 'b.jsonl': 'done'});
    expect((await jobs.poll('--once')).code).toBe(EXIT.partial);
  });

  test('is not said to be kept where a named job goes with its results', async () => {
    const jobs = await fetchedJobs('--keep-remote');
    await writeFile(join(jobs.folder, RESULT), `${await jobs.read(RESULT)}\n`);
    const {code, stdout, stderr} = await run(jobs, 'cleanup', 'a.jsonl', '--yes');
    expect([code, stdout]).toEqual([
      EXIT.ok,
      matching(/a\.jsonl: deleted \(named; its results, which are not on disk/u),
    ]);
    expect(stderr).toContain('were altered since they were fetched');
    expect(stderr).not.toContain('kept');
  });

  // Ten commands.
  test('is altered in every command, and not relied on', async () => {
    const jobs = await fetchedJobs();
    const rows = await jobs.read(RESULT);
    await writeFile(join(jobs.folder, RESULT), rows.replace('"r1"', '"rX"'));
    const expected = {'a.jsonl': 'altered', 'b.jsonl': 'done'};
    expect(await outcomes(jobs, 'list')).toEqual(expected);
    expect(await outcomes(jobs, 'results')).toEqual(expected);
    expect((await run(jobs, 'show', 'a.jsonl')).stdout).toMatch(/Outcome: +altered/u);

    const poll = await jobs.poll('--once');
    expect(poll.code).toBe(EXIT.partial);
    expect(poll.stdout + poll.stderr).toContain('1 done, 1 altered since they were fetched');
    const joined = await run(jobs, 'results', '--join', '-');
    expect([joined.code, joined.stdout.split('\n')]).toEqual([EXIT.partial, expect.any(Array)]);
    expect(joined.stdout).not.toContain('"file":"a.jsonl"');
    await run(jobs, 'retry');
    expect(jobs.emulator.control.paid()).toHaveLength(2);

    await writeFile(join(jobs.folder, RESULT), rows);
    expect(await outcomes(jobs, 'results')).toEqual({'a.jsonl': 'done', 'b.jsonl': 'done'});
    expect((await jobs.poll('--once')).code).toBe(EXIT.ok);
  });

  // Seven commands.
  test('is no result to retry, to report or to call done', async () => {
    const jobs = await JobFixture.create();
    jobs.emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
    await jobs.submit('a.jsonl');
    jobs.emulator.control.clearOutcomes();
    await jobs.submit('b.jsonl');
    jobs.finishJobs();
    await jobs.poll();
    for (const file of ['results/a.jsonl', 'results/b.jsonl']) {
      const text = await jobs.read(file);
      await writeFile(join(jobs.folder, file), text.replace('"r2"', '"rX"'));
    }
    const dry = await run(jobs, 'retry', '--dry-run', '--json');
    expect([dry.code, dry.json()]).toEqual([
      EXIT.failed,
      expect.objectContaining({
        jobs: ['a.jsonl', 'b.jsonl'].map((file) =>
          expect.objectContaining({file, error: expect.objectContaining({code: 'FILE_CHANGED'})}),
        ),
      }),
    ]);
    expect((await run(jobs, 'retry', 'b.jsonl')).stdout).toContain('were altered since they were fetched');
    const submitted = await run(jobs, 'submit', 'b.jsonl', '--model', 'gemini-2.5-flash-lite');
    expect([submitted.code, submitted.stdout]).toEqual([
      EXIT.failed,
      expect.stringContaining('were altered since they were fetched'),
    ]);
    expect(jobs.emulator.control.paid()).toHaveLength(2);

    const report = await run(jobs, 'report', '--json');
    expect(report.json()).toMatchObject({rows: 0, problems: [/altered/u, /altered/u].map(matching)});
    const page = await jobs.read('report.html');
    expect(page.match(/"outcome":"altered"/gu)).toHaveLength(2);

    const lines = (await jobs.records()).map(
      (record) => `${JSON.stringify({...record, usage: undefined})}\n`,
    );
    await writeFile(join(jobs.folder, 'job-info.jsonl'), lines.join(''));
    const cost = await run(jobs, 'cost', '--json');
    expect(cost.json()).toMatchObject({jobs: [{usage: null}, {usage: null}]});
    expect((await run(jobs, 'show', 'b.jsonl')).stdout).toContain('(altered since it was fetched)');
  });

  test('is believed when only its time has changed, and not read again then', async () => {
    const jobs = await fetchedJobs();
    const path = join(jobs.folder, RESULT);
    const time = new Date('2030-01-01T00:00:00Z');
    await utimes(path, time, time);
    expect((await jobs.poll('--once')).code).toBe(EXIT.ok);
    const record = (await jobs.records()).find(({input_file: file}) => file === 'a.jsonl');
    expect(record?.results?.mtime_ms).toBe((await stat(path)).mtimeMs);
  });

  test('is noticed in the records of earlier versions, which have no time', async () => {
    const jobs = await fetchedJobs();
    const text = (await jobs.read('job-info.jsonl')).replaceAll(/,"mtime_ms":[\d.]+/gu, '');
    await writeFile(join(jobs.folder, 'job-info.jsonl'), text);
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'done', 'b.jsonl': 'done'});
    const rows = await jobs.read(RESULT);
    await writeFile(join(jobs.folder, RESULT), rows.replace('"r1"', '"rX"'));
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'altered', 'b.jsonl': 'done'});
  });

  test('is not written over by the answers of a retry', async () => {
    const jobs = await JobFixture.create();
    jobs.emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    await jobs.poll();
    jobs.emulator.control.clearOutcomes();
    await run(jobs, 'retry');
    jobs.finishJobs();
    const rows = await jobs.read(RESULT);
    const edited = rows.replace('"r2"', '"rX"');
    await writeFile(join(jobs.folder, RESULT), edited);
    const {code, stderr} = await jobs.poll();
    expect([code, stderr]).toEqual([EXIT.partial, expect.stringContaining('are not merged')]);
    expect(await jobs.read(RESULT)).toBe(edited);

    await writeFile(join(jobs.folder, RESULT), rows);
    expect((await jobs.poll()).code).toBe(EXIT.ok);
    expect(await outcomes(jobs, 'results')).toEqual({'a.jsonl': 'done'});
    expect(await outcomes(jobs, 'list')).toMatchObject({'a.jsonl': 'done'});
  });

  test.each([[[]], [['r2']]])(
    'with no copy left is paid for again once it is moved away (bad rows: %j)',
    async (bad) => {
      const jobs = await jobWith(bad);
      await jobs.poll();
      const place = join(jobs.folder, RESULT);
      await writeFile(place, `${await jobs.read(RESULT)}\n`);
      const advice = 'move it away and pay for the work again: gembatch retry --lost a.jsonl';
      for (const command of [
        ['poll'],
        ['results'],
        ['retry', '--dry-run'],
        ['retry', '--lost', 'a.jsonl', '--yes'],
      ]) {
        const {stdout, stderr} = await run(jobs, ...command);
        expect([command, stdout + stderr]).toEqual([command, expect.stringContaining(advice)]);
        expect(stdout + stderr).not.toContain('--force');
      }
      expect(jobs.emulator.control.paid()).toHaveLength(1);

      await rename(place, `${place}.away`);
      jobs.emulator.control.clearOutcomes();
      expect((await run(jobs, 'retry', '--lost', 'a.jsonl', '--yes')).code).toBe(EXIT.ok);
      jobs.finishJobs();
      expect((await jobs.poll()).code).toBe(EXIT.ok);
      expect(await outcomes(jobs, 'results')).toEqual({'a.jsonl': 'done'});
      expect(await jobs.read(RESULT)).not.toBe('');
      expect(jobs.emulator.control.paid()).toHaveLength(2);
    },
  );

  test('is not advised to be paid for again while the service has a copy', async () => {
    const jobs = await jobWith(['r2']);
    await jobs.poll('--keep-remote');
    await writeFile(join(jobs.folder, RESULT), `${await jobs.read(RESULT)}\n`);
    const {stdout, stderr} = await run(jobs, 'retry', '--dry-run');
    expect(stdout + stderr).toContain('It is unclear which rows were answered; nothing was sent.');
    expect(stdout + stderr).toContain('move it away and fetch it again: gembatch results a.jsonl');
    expect(stdout + stderr).not.toMatch(/--lost|--force/u);
  });
});

describe('a result file that is gone', () => {
  test('is fetched again by poll while the service has it', async () => {
    const jobs = await fetchedJobs('--keep-remote');
    const rows = await jobs.read(RESULT);
    await rm(join(jobs.folder, RESULT));
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'running', 'b.jsonl': 'done'});
    expect((await jobs.poll()).code).toBe(EXIT.ok);
    expect(await jobs.read(RESULT)).toBe(rows);
    expect(jobs.emulator.control.paid()).toHaveLength(2);
  });

  test('is lost in every command when the service has none, until it is put back', async () => {
    const jobs = await fetchedJobs();
    const away = join(jobs.folder, 'away');
    await rename(join(jobs.folder, RESULT), away);
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'lost', 'b.jsonl': 'done'});
    expect(await outcomes(jobs, 'results')).toEqual({'a.jsonl': 'lost', 'b.jsonl': 'done'});
    const poll = await jobs.poll();
    expect([poll.code, poll.stdout]).toEqual([
      EXIT.partial,
      expect.stringContaining('a.jsonl: its results are lost. To pay for the work again'),
    ]);
    expect(jobs.emulator.control.paid()).toHaveLength(2);

    await copyFile(away, join(jobs.folder, RESULT));
    expect(await readFile(away, 'utf8')).toBe(await jobs.read(RESULT));
    expect(await outcomes(jobs, 'list')).toEqual({'a.jsonl': 'done', 'b.jsonl': 'done'});
  });
});
