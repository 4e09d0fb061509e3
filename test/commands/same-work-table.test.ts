/** The table of what counts as the same work, row by row: each in both directions, and after a restart. */
import {copyFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {becomeAnotherProject} from '../helpers/another-project.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {submit, tally} from '../helpers/submit.js';
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
