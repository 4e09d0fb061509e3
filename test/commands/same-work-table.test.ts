/** The table of what counts as the same work, row by row: each in both directions, and after a restart. */
import {copyFile, mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {SubmitResult} from '../../src/lib/workflows/submit/submit-report.js';
import {becomeAnotherProject} from '../helpers/another-project.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {MODEL, records, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** Files that were submitted some time ago. */
async function submitted(files = 2, ageMs = 3_600_000) {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  emulator.control.advance(-ageMs);
  const paths = await requestFiles(folder, files);
  await submit({folder, env}, '0*.jsonl');
  return {folder, emulator, env, paths, paid: () => emulator.control.paid().length};
}

test('same input, content and model, open or succeeded: skipped, 0', async () => {
  const {folder, emulator, env, paid} = await submitted();
  const isSkipped = async (...args: string[]): Promise<void> => {
    const {code, stdout} = await runCli(['submit', '001.jsonl', '002.jsonl', '--json', ...args], {
      cwd: folder,
      env: {...env, ...(args.length > 0 ? {} : {GEMBATCH_MODEL: MODEL})},
    });
    expect([code, tally(JSON.parse(stdout) as SubmitResult), paid()]).toEqual([0, {skipped: 2}, 2]);
  };
  await isSkipped();
  await isSkipped('-m', `models/${MODEL}`);
  emulator.control.advance(600_000);
  await runCli(['list', '--refresh'], {cwd: folder, env});
  await isSkipped();
  await runCli(['poll', '--once'], {cwd: folder, env});
  await isSkipped();
});

test('other input, same content and model: skipped, 0; with another model it is sent', async () => {
  const {folder, env, paths, paid} = await submitted();
  await copyFile(paths[0] ?? '', join(folder, 'copy.jsonl'));
  const {code, result} = await submit({folder, env}, 'copy.jsonl');
  expect([code, result.files[0]]).toMatchObject([
    0,
    {outcome: 'skipped', reason: 'same_content', same_as: '001.jsonl'},
  ]);
  expect(paid()).toBe(2);
  await runCli(['submit', 'copy.jsonl', '-m', 'gemini-2.5-pro'], {cwd: folder, env});
  expect(paid()).toBe(3);
});

test('same input, changed content: changed, 3 or 1; --if-changed submit sends it, skip leaves it, 0', async () => {
  const {folder, env, paths, paid} = await submitted();
  await writeFile(paths[0] ?? '', requestLines(3, 'something else'));

  const failing = await submit({folder, env}, '0*.jsonl');
  expect([failing.code, tally(failing.result)]).toEqual([EXIT.partial, {changed: 1, skipped: 1}]);
  expect(failing.result.files[0]).toMatchObject({changed: true, error: {code: 'FILE_CHANGED'}});
  const alone = await submit({folder, env}, '001.jsonl');
  expect(alone.code).toBe(EXIT.failed);
  const left = await submit({folder, env}, '001.jsonl', '--if-changed', 'skip');
  expect([left.code, tally(left.result)]).toEqual([0, {skipped: 1}]);
  expect(paid()).toBe(2);

  const again = await submit({folder, env: {...env, GEMBATCH_IF_CHANGED: 'submit'}}, '001.jsonl');
  expect([again.code, tally(again.result), paid()]).toEqual([0, {submitted: 1}, 3]);
  const known = await submit({folder, env}, '0*.jsonl');
  expect([known.code, tally(known.result), paid()]).toEqual([0, {skipped: 2}, 3]);
});

test('same input, another model that is named: changed, 1, and both models are said', async () => {
  const {folder, env, paid} = await submitted(1);
  const other = ['submit', '001.jsonl', '--json', '--model', 'gemini-2.5-pro'];
  const {code, stdout} = await runCli(other, {cwd: folder, env});
  expect(code).toBe(EXIT.failed);
  expect(stdout).toContain('"MODEL_CHANGED"');
  expect(stdout).toContain(`was submitted to ${MODEL}`);
  expect(stdout).toContain('you ask for gemini-2.5-pro');
  const ran = await runCli(['run', '001.jsonl', '--json'], {
    cwd: folder,
    env: {...env, GEMBATCH_MODEL: 'gemini-2.5-pro'},
  });
  expect([ran.code, ran.json()]).toMatchObject([EXIT.failed, {poll: null}]);
  expect(paid()).toBe(1);
  await runCli([...other, '--if-changed', 'submit'], {cwd: folder, env});
  expect(paid()).toBe(2);
});

test('same input whose job failed, expired or was cancelled: skipped, with the reason and retry, 3 or 1', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 4);
  const ends = [
    ['001.jsonl', 'FAILED', 'failed: No quota'],
    ['002.jsonl', 'EXPIRED', 'expired: No quota'],
    ['003.jsonl', 'CANCELLED', 'was cancelled: No quota'],
  ] as const;
  const recorded = ends.map(([file, end]) => {
    const [name, state] = [`batches/${end.toLowerCase()}`, `JOB_STATE_${end}`];
    const batch = {name, model: `models/${MODEL}`, state, error: {message: 'No quota.'}};
    return {input_file: file, count: 3, uploaded_file_name: 'files/a', batch};
  });
  const text = recorded.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFile(join(folder, 'job-info.jsonl'), text);
  const {code, result} = await submit({folder, env}, '00[123].jsonl');
  expect(code).toBe(EXIT.failed);
  expect(result.files).toMatchObject(
    ends.map(([file, end, words]) => ({
      outcome: 'skipped',
      error: {
        code: 'JOB_ENDED',
        message: `${file}: its batch job batches/${end.toLowerCase()} ${words}.`,
        suggestions: [`To submit it again: gembatch retry ${file}`],
      },
    })),
  );
  expect(emulator.control.paid()).toHaveLength(0);
  expect((await submit({folder, env}, '0*.jsonl')).code).toBe(EXIT.partial);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('no record, but the service has a job of ours for this work: adopted, 0, nothing paid', async () => {
  const {folder, env, paid} = await submitted(3);
  await rename(join(folder, 'job-info.jsonl'), join(folder, 'elsewhere'));
  const {code, result} = await submit({folder, env}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 3}, 3]);
  expect(result.files.map(({reason}) => reason)).toEqual(['adopted', 'adopted', 'adopted']);
  expect(await records(folder)).toHaveLength(3);
});

test('no record, but a file stands at the place of its results: result exists, 1; sent with --force', async () => {
  const folder = await tempDir();
  const {env, emulator} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await mkdir(join(folder, 'results'));
  await writeFile(join(folder, 'results/001.jsonl'), '{"key":"r1","response":{}}\n');
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect([code, result.files[0]?.error?.code]).toEqual([EXIT.failed, 'RESULT_EXISTS']);
  expect(result.files[0]?.error?.suggestions.join()).not.toContain('adopt');
  expect((await runCli(['adopt', '--done', '001.jsonl'], {cwd: folder, env})).code).toBe(EXIT.failed);
  // The results folder in force has none.
  const elsewhere = await submit({folder, env: {...env, GEMBATCH_RESULTS_DIR: 'out'}}, '001.jsonl');
  expect([elsewhere.code, emulator.control.paid().length]).toEqual([0, 1]);
  await submit({folder, env}, '001.jsonl', '--force');
  expect(emulator.control.paid()).toHaveLength(2);
});

test('no record, but a file at the place of its results answers exactly its requests: adopt --done records it', async () => {
  const folder = await tempDir();
  const {env, emulator} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await mkdir(join(folder, 'results'));
  const answer = {candidates: [{content: {parts: [{text: 'a'}]}, finishReason: 'STOP'}]};
  const rows = ['r1', 'r2', 'r3'].map((key) => `${JSON.stringify({key, response: answer})}\n`);
  await writeFile(join(folder, 'results/001.jsonl'), rows.join(''));
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect([code, result.files[0]?.error?.suggestions[0]]).toEqual([
    EXIT.failed,
    'It answers exactly its requests; to record it as done: gembatch adopt --done 001.jsonl',
  ]);
  expect((await runCli(['adopt', '--done', '001.jsonl'], {cwd: folder, env: {}})).code).toBe(0);
  const done = await submit({folder, env}, '001.jsonl');
  expect([done.code, tally(done.result)]).toEqual([0, {skipped: 1}]);
  const run = (...args: string[]) => runCli(args, {cwd: folder, env});
  expect((await run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'done'}]});
  for (const command of [['poll'], ['results'], ['retry'], ['cleanup', '--yes'], ['list', '--refresh']])
    expect([command, (await run(...command)).code]).toEqual([command, 0]);
  expect(emulator.control.paid()).toHaveLength(0);
});

test('a record of an emulator, at another address: not this work, submitted', async () => {
  const {folder, emulator, env, paid} = await submitted(1);
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  const other = await useEmulator({speed: 0, seed: 2});
  const options = {folder, env: other.env};
  // Its bad rows are not the business of the other service, either.
  expect((await runCli(['retry'], {cwd: folder, env: other.env})).stdout).toContain('Nothing to retry');
  const first = await submit(options, '001.jsonl');
  expect([first.code, tally(first.result)]).toEqual([0, {submitted: 1}]);
  const again = await submit(options, '001.jsonl');
  expect([again.code, tally(again.result)]).toEqual([0, {skipped: 1}]);
  expect([paid(), other.emulator.control.paid().length]).toEqual([1, 1]);
  expect((await records(folder)).map(({service_url: url}) => url)).toEqual([
    emulator.url,
    other.emulator.url,
  ]);
});

test('a record of another project, none of whose jobs can be seen, is changed work: not sent, 3 or 1', async () => {
  const {folder, emulator, env, paths, paid} = await submitted();
  becomeAnotherProject(emulator.control);
  for (const args of [[], ['--if-changed', 'submit']]) {
    const {code, result} = await submit({folder, env, speed: 500}, '0*.jsonl', ...args);
    expect([code, tally(result)]).toEqual([EXIT.failed, {changed: 2}]);
    expect(result.files[0]?.error?.code).toBe('PROJECT_CHANGED');
  }
  const left = await submit({folder, env, speed: 500}, '0*.jsonl', '--if-changed', 'skip');
  expect([left.code, tally(left.result)]).toEqual([0, {skipped: 2}]);
  await copyFile(paths[0] ?? '', join(folder, 'copy.jsonl'));
  const copy = await submit({folder, env, speed: 500}, 'copy.jsonl');
  expect([copy.code, copy.result.files[0]?.reason]).toEqual([EXIT.failed, 'same_content']);
  emulator.control.clearFaults();
  const right = await submit({folder, env}, '0*.jsonl');
  expect([right.code, tally(right.result), paid()]).toEqual([0, {skipped: 2}, 2]);
});

test.each([
  ['for one question', 1, 3_600_000],
  ['while it is too young to be shown', null, 60_000],
])('a job that the service does not show %s is of this project: skipped, 0', async (_, times, ageMs) => {
  const {folder, emulator, env, paid} = await submitted(1, ageMs);
  const {control} = emulator;
  if (times === null) becomeAnotherProject(control);
  const body = {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}};
  control.fault({on: 'batches.get', times, fault: {kind: 'status', status: 404, body}});
  control.fault({on: 'batches.list', times, fault: {kind: 'body_after', text: '{}'}});
  const {code, result} = await submit({folder, env, speed: 500}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 1}, 1]);
});

test('what has its results on disk is skipped whatever the API key, 0', async () => {
  const {folder, emulator, env, paid} = await submitted();
  emulator.control.advance(600_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  becomeAnotherProject(emulator.control);
  const {code, result} = await submit({folder, env}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 2}, 2]);
});

/** A job for each file that is over, whose results the service has not any more; before they go, `keep` may take them. */
async function withoutResults(keep: (path: string, rows: string, index: number) => Promise<void>, files = 1) {
  const {folder, emulator, env, paid} = await submitted(files);
  const {control} = emulator;
  control.advance(600_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  const places = (await records(folder)).map((record) => join(folder, record.results?.file ?? ''));
  const rows = await Promise.all(places.map((path) => readFile(path, 'utf8')));
  // What the other tool wrote when it had fetched them: the job is over, and nothing is said of results.
  const fetched = (await records(folder)).map((record) => {
    const {results: _, usage: _usage, ...others} = record;
    return others;
  });
  await writeFile(
    join(folder, 'job-info.jsonl'),
    fetched.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  for (const [index, path] of places.entries()) {
    await rm(path);
    await keep(path, rows[index] ?? '', index);
  }
  const body = {error: {code: 404, message: 'gone', status: 'NOT_FOUND'}};
  control.fault({on: 'files.download', times: null, fault: {kind: 'status', status: 404, body}});
  const run = (...args: string[]) =>
    runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '600'}, nodeArgs: FAST_CLOCK});
  return {folder, env, emulator, paid, places, rows, run};
}

test.each([['poll'], ['results']])(
  'a job that is over, results gone, a file at their place that answers exactly its requests: done, 0 (%s)',
  async (command) => {
    const {folder, env, paid, places, rows, run} = await withoutResults((place, text) =>
      writeFile(place, text),
    );
    const {code} = await run(command);
    expect([code, await readFile(places[0] ?? '', 'utf8')]).toEqual([0, rows[0]]);
    const [record] = await records(folder);
    expect(record?.results).toMatchObject({file: 'results/001.jsonl', rows: {ok: 3, missing: 0}});
    expect((await run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'done'}]});
    const again = await submit({folder, env}, '001.jsonl');
    expect([again.code, tally(again.result), paid()]).toEqual([0, {skipped: 1}, 1]);
  },
);

test('a job that is over, results gone, a file at their place that is not exactly its results: lost, 1', async () => {
  const changes: readonly ((rows: string) => string)[] = [
    // It lacks a row, has a row of another request, or holds something else.
    (rows) => rows.slice(0, rows.indexOf('\n') + 1),
    (rows) => `${rows}{"key":"x","response":{}}\n`,
    () => '# notes\n',
  ];
  const {folder, places, rows, run} = await withoutResults(
    (place, text, index) => writeFile(place, changes[index]?.(text) ?? ''),
    changes.length,
  );
  const polled = await run('poll');
  expect([polled.code, polled.stdout]).toEqual([EXIT.failed, expect.stringContaining('3 lost')]);
  const texts = await Promise.all(places.map((path) => readFile(path, 'utf8')));
  expect(texts).toEqual(changes.map((change, index) => change(rows[index] ?? '')));
  expect((await records(folder)).map(({results}) => results)).toEqual([undefined, undefined, undefined]);
});

test('a job that is over whose results cannot be had any more: lost, 1, the same in every command', async () => {
  const {folder, env, emulator, paid, run} = await withoutResults(() => Promise.resolve());
  const polled = await run('poll');
  expect([polled.code, polled.stdout]).toEqual([EXIT.failed, expect.stringContaining('1 lost')]);
  expect((await run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'lost'}]});
  expect((await run('show', '001.jsonl')).stdout).toContain('Lost');
  const retried = await run('retry');
  expect([retried.code, retried.stdout + retried.stderr]).toEqual([
    EXIT.failed,
    expect.stringContaining('gembatch retry --lost 001.jsonl'),
  ]);
  const skipped = await submit({folder, env}, '001.jsonl');
  expect([skipped.code, skipped.result.files[0]?.error?.code]).toEqual([EXIT.failed, 'NOT_FOUND']);
  expect((await run('poll')).code).toBe(EXIT.failed);
  expect(paid()).toBe(1);

  emulator.control.clearFaults();
  expect((await run('retry', '--lost', '001.jsonl', '--yes')).code).toBe(0);
  expect([paid(), (await records(folder))[0]?.results?.rows.ok]).toEqual([1, 3]);
});

test('a job that cannot be seen any more, after three looks over ten minutes: not seen, 8, nothing paid', async () => {
  const {folder, emulator, env, paid} = await submitted(1, 60_000);
  becomeAnotherProject(emulator.control);
  const run = (...args: string[]) =>
    runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '600'}, nodeArgs: FAST_CLOCK});
  expect((await run('poll', '--once')).code).toBe(EXIT.running);
  expect((await submit({folder, env}, '001.jsonl')).code).toBe(0);
  expect((await run('poll')).code).toBe(EXIT.unclear);
  const skipped = await submit({folder, env}, '001.jsonl');
  expect([skipped.code, tally(skipped.result), paid()]).toEqual([EXIT.unclear, {skipped: 1}, 1]);
  emulator.control.clearFaults();
  emulator.control.advance(600_000);
  expect((await run('poll')).code).toBe(0);
  expect((await submit({folder, env}, '001.jsonl')).code).toBe(0);
});
