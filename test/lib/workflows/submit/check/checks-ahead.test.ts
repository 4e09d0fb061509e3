import {expect, test} from '@jest/globals';
import {ChecksAhead} from '../../../../../src/lib/workflows/submit/check/checks-ahead.js';
import type {RequestFile} from '../../../../../src/lib/workflows/submit/collect-inputs.js';
import {requestFiles} from '../../../../helpers/request-files.js';
import {tempDir} from '../../../../helpers/temp-dir.js';

test('when no further checks are wanted only those that are under way are finished', async () => {
  const paths = await requestFiles(await tempDir(), 6);
  const files = paths.map((path, at): RequestFile => ({index: at + 1, path, name: path, inputFile: path}));
  const checks = new ChecksAhead(files, {
    validate: true,
    allowed: [],
    model: 'models/gemini-3.5-flash-lite',
    service: 'gemini',
  });
  // The first two begin in turns of promises, and end in later ones of the event loop.
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  checks.end();
  await checks.isOver;
  const begun = files.filter((file) => checks.take(file, undefined) !== undefined);
  expect(begun).toEqual(files.slice(0, 2));
});
