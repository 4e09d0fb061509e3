import {existsSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {AtomicFile} from '../../../../src/lib/store/file/atomic-file.js';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {systemClock} from '../../../../src/lib/system-clock.js';
import {collectRequestFiles} from '../../../../src/lib/workflows/submit/collect-inputs.js';
import {splitLargeFiles} from '../../../../src/lib/workflows/split/split-files.js';
import {requestLines} from '../../../helpers/request-files.js';
import {MODEL} from '../../../helpers/submit.js';
import {tempDir} from '../../../helpers/temp-dir.js';

const LINES = requestLines(10);
const TERMS = {
  limits: {maxBytes: Math.ceil(LINES.length / 3), maxRequests: null},
  options: {model: MODEL, allowed: [], ifChanged: 'fail', isValidated: true},
  canary: null,
} as const;

test('a dry run says how many parts a file would have, writes none, and takes those that are there', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'big.jsonl'), LINES);
  const store = JobStore.open(join(folder, 'job-info.jsonl'), {command: 'test', clock: systemClock});
  const deps = {store, client: {address: ''}, createFile: (path: string) => AtomicFile.open(path)};
  const files = await collectRequestFiles(['big.jsonl'], store, folder);
  const dry = await splitLargeFiles(deps, files, {...TERMS, isDryRun: true});
  expect(dry.files).toMatchObject([{inputFile: 'big.jsonl', parts: 4}]);
  expect(existsSync(join(folder, 'parts'))).toBe(false);
  const real = await splitLargeFiles(deps, files, TERMS);
  expect(real.files).toHaveLength(4);
  expect((await splitLargeFiles(deps, files, {...TERMS, isDryRun: true})).files).toEqual(real.files);
});
