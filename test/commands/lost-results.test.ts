/** Results that can be had neither here nor at the service: one story in all commands, and one way out. */
import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {keysOf} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const RESULT = 'results/a.jsonl';
const ADVICE = 'To pay for the work again: gembatch retry --lost a.jsonl';
const GONE = {
  kind: 'status',
  status: 404,
  body: {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}},
} as const;

interface Place {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly run: (...args: readonly string[]) => Promise<CliResult>;
  /** The same, while ten minutes pass in a second. */
  readonly quickly: Place['run'];
  readonly paid: () => number;
}

function runsIn(cwd: string, env: Readonly<Record<string, string>>): Pick<Place, 'run' | 'quickly'> {
  const quick = {cwd, env: {...env, GEMBATCH_TEST_SPEED: '600'}, nodeArgs: FAST_CLOCK};
  return {run: (...args) => runCli(args, {cwd, env}), quickly: (...args) => runCli(args, quick)};
}

/** One request file whose job has ended. */
async function endedJob(name = 'a.jsonl'): Promise<Place> {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await writeFile(join(folder, name), requestLines(3, name));
  const {run, quickly} = runsIn(folder, env);
  expect((await run('submit', name, '-m', MODEL)).code).toBe(0);
  emulator.control.advance(3_600_000);
  return {folder, emulator, run, quickly, paid: () => emulator.control.paid().length};
}

const file = (place: Place, name = RESULT): string => join(place.folder, name);

/** Every way in which results come to be lost. */
const KINDS: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'never fetched, and gone at the service': async ({emulator, quickly}) => {
    emulator.control.fault({on: 'files.download', times: null, fault: GONE});
    await quickly('poll');
  },
  'fetched, deleted at the service, and gone here': async (place) => {
    await place.run('poll');
    await rm(file(place));
  },
  'fetched, kept at the service, and gone in both places': async (place) => {
    await place.run('poll', '--keep-remote');
    await rm(file(place));
    place.emulator.control.fault({on: 'files.download', times: null, fault: GONE});
    await place.quickly('poll');
  },
};

/** Every command that says how jobs stand, and how it ends when all results are lost. */
const COMMANDS: readonly (readonly [command: readonly string[], code: number])[] = [
  [['poll'], EXIT.failed],
  [['run', 'a.jsonl', '-m', MODEL], EXIT.failed],
  [['submit', 'a.jsonl', '-m', MODEL], EXIT.failed],
  [['retry'], EXIT.failed],
  [['retry', '--dry-run'], EXIT.failed],
  [['results'], EXIT.failed],
  [['list'], EXIT.ok],
  [['show', 'a.jsonl'], EXIT.ok],
  [['report', '--overwrite'], EXIT.ok],
];

describe.each(Object.entries(KINDS))('results that are lost (%s)', (_, lose) => {
  test('have one outcome and one way out in every command', async () => {
    const place = await endedJob();
    await lose(place);
    for (const [command, code] of COMMANDS) {
      const {stdout, stderr, ...ended} = await place.run(...command);
      const text = stdout + stderr;
      expect([command[0], ended.code, text]).toEqual([command[0], code, expect.stringContaining(ADVICE)]);
      expect(text).toMatch(/\blost\b/u);
      expect(text).not.toMatch(/--force|retry a\.jsonl/u);
    }
    expect((await place.run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'lost'}]});
    expect(place.paid()).toBe(1);
  });

  test('are paid for again once, when a person agrees to it, and take their old place', async () => {
    const place = await endedJob();
    await lose(place);
    const {folder, emulator, run, paid} = place;
    const asked = await run('retry', '--lost', 'a.jsonl');
    const question =
      /a\.jsonl are lost; the work is paid again\. 1 file, 3 requests: (?:about|less than) \$/u;
    expect([asked.code, asked.stderr, paid()]).toEqual([EXIT.usage, expect.stringMatching(question), 1]);
    const dry = await run('retry', '--lost', 'a.jsonl', '--dry-run', '--json');
    expect(dry.json()).toMatchObject({jobs: [{was: 'lost', requests: 3, request_files: ['a.jsonl']}]});

    const request = await readFile(file(place, 'a.jsonl'));
    for (const [spoil, code] of [
      [() => writeFile(file(place, 'a.jsonl'), requestLines(3, 'other words')), 'FILE_CHANGED'],
      [() => rm(file(place, 'a.jsonl')), 'FILE_MISSING'],
    ] as const) {
      await spoil();
      const refused = await run('retry', '--lost', 'a.jsonl', '--yes', '--json');
      expect([refused.json(), paid()]).toMatchObject([{jobs: [{error: {code}}]}, 1]);
    }
    // That its request file is gone, too, is not what keeps its answers from being joined.
    expect((await run('results', '--join', '-')).stderr).toContain(ADVICE);
    await writeFile(file(place, 'a.jsonl'), request);

    expect((await run('retry', '--lost', 'a.jsonl', '--yes')).code).toBe(0);
    expect(paid()).toBe(2);
    const [first, second] = emulator.control.paid();
    expect(second?.sha256).toBe(first?.sha256);
    // While it is open, and when it is done.
    for (const name of ['a.jsonl', 'a.jsonl', (await records(folder))[0]?.batch.name ?? '']) {
      await run('retry', '--lost', name, '--yes');
      expect(paid()).toBe(2);
      emulator.control.clearFaults();
      emulator.control.advance(3_600_000);
      await run('poll');
    }

    expect(keysOf(await readFile(file(place), 'utf8'))).toEqual(['r1', 'r2', 'r3']);
    const [lost, again] = await records(folder);
    expect(lost).toMatchObject({lost_at: expect.any(String) as unknown});
    expect(lost?.results).toBeUndefined();
    expect(again).toMatchObject({retry_of: lost?.batch.name, results: {file: RESULT}});
    for (const command of [['poll'], ['submit', 'a.jsonl', '-m', MODEL], ['results'], ['retry']]) {
      const {code, stdout, stderr} = await run(...command);
      expect([command[0], code, stdout + stderr]).toEqual([
        command[0],
        0,
        expect.not.stringMatching(/\blost\b|Following/u),
      ]);
    }
    expect((await run('list', '--json')).json()).toMatchObject({summary: {done: 1, replaced: 1, lost: 0}});
    expect(paid()).toBe(2);
  });
});

/** One request file whose row r2 got an error, with its results on disk and none at the service. */
async function jobWithBadRow(): Promise<Place> {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const {run, quickly} = runsIn(folder, env);
  await writeFile(join(folder, 'a.jsonl'), requestLines(3, 'a'));
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
  await run('submit', 'a.jsonl', '-m', MODEL);
  emulator.control.advance(3_600_000);
  await run('poll');
  emulator.control.clearOutcomes();
  return {folder, emulator, run, quickly, paid: () => emulator.control.paid().length};
}

/** What each job that was paid for asked for. */
const asked = ({emulator}: Place): readonly number[] =>
  emulator.control.paid().map(({request_count: requests}) => requests);

describe('results that are lost, of work that was retried', () => {
  test('a retry whose own results are lost is sent again, and merged', async () => {
    const place = await jobWithBadRow();
    const {folder, emulator, run} = place;
    await run('retry', 'a.jsonl');
    emulator.control.advance(3_600_000);
    // Its answers come, and are away before they are merged.
    const away = join(folder, 'away');
    await rename(file(place), away);
    await run('poll');
    const [, retry] = await records(folder);
    await rm(join(folder, retry?.results?.file ?? ''));
    await rename(away, file(place));
    const listed = await run('poll');
    const advice = `To pay for the work again: gembatch retry --lost ${retry?.input_file}`;
    expect([listed.code, listed.stdout]).toEqual([EXIT.failed, expect.stringContaining(advice)]);

    for (let times = 0; times < 2; times += 1) {
      await run('retry', '--lost', 'a.jsonl', '--yes');
      expect(asked(place)).toEqual([3, 1, 1]);
      emulator.control.advance(3_600_000);
      expect((await run('poll')).code).toBe(0);
    }
    expect((await records(folder))[0]?.results?.rows.ok).toBe(3);
    expect((await run('results')).stdout).toBe(`a.jsonl: ${RESULT} (3 ok)\n`);
  });

  test.each([['merged'], ['open'], ['fetched']])(
    'a file whose results are lost while a retry of single rows is %s is sent whole, once',
    async (state) => {
      const place = await jobWithBadRow();
      const {folder, emulator, run} = place;
      await run('retry', 'a.jsonl');
      if (state === 'merged') {
        emulator.control.advance(3_600_000);
        await run('poll');
      }
      await rm(file(place));
      if (state === 'fetched') {
        emulator.control.advance(3_600_000);
        expect((await run('poll')).stdout).toContain(ADVICE);
      }
      expect((await run('list')).stdout).toContain(ADVICE);
      for (let times = 0; times < 2; times += 1) {
        await run('retry', '--lost', 'a.jsonl', '--yes');
        expect(asked(place)).toEqual([3, 1, 3]);
        emulator.control.advance(3_600_000);
        expect((await run('poll')).code).toBe(0);
      }
      expect(keysOf(await readFile(file(place), 'utf8'))).toEqual(['r1', 'r2', 'r3']);
      expect((await run('results')).stdout).toBe(`a.jsonl: ${RESULT} (3 ok)\n`);
      const joined = await run('results', '--join', '-');
      expect(joined.stdout.trim().split('\n')).toHaveLength(3);
      expect((await run('list', '--json')).json()).toMatchObject({summary: {done: 1, lost: 0}});
      expect(await records(folder)).toHaveLength(3);
    },
  );

  test('a part whose results are lost is sent again, and the whole is joined anew', async () => {
    const place = await endedJob('other.jsonl');
    const {folder, emulator, run} = place;
    await writeFile(join(folder, 'a.jsonl'), requestLines(4, 'a'));
    const sent = run('run', 'a.jsonl', '-m', MODEL, '--max-requests', '2', '--interval', '200ms');
    emulator.control.setSpeed(10_000);
    expect((await sent).code).toBe(0);
    emulator.control.setSpeed(0);
    await rm(join(folder, 'parts/results/a.001-of-002.jsonl'));
    await rm(file(place));
    const polled = await run('poll', 'a.jsonl');
    const advice = 'To pay for the work again: gembatch retry --lost parts/a.001-of-002.jsonl';
    expect([polled.code, polled.stdout]).toEqual([EXIT.partial, expect.stringContaining(advice)]);
    for (let times = 0; times < 2; times += 1) {
      await run('retry', '--lost', 'a.jsonl', '--yes');
      expect(asked(place)).toEqual([3, 2, 2, 2]);
      emulator.control.advance(3_600_000);
      expect((await run('poll', 'a.jsonl')).code).toBe(0);
    }
    expect(keysOf(await readFile(file(place), 'utf8'))).toEqual(['r1', 'r2', 'r3', 'r4']);
  });
});
