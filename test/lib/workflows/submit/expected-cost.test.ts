import {expect, test} from '@jest/globals';
import pLimit from 'p-limit';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {FileEstimator} from '../../../../src/lib/workflows/estimate/file-estimator.js';
import {CreateLimiter} from '../../../../src/lib/workflows/submit/create-limiter.js';
import {estimateJob} from '../../../../src/lib/workflows/submit/expected-cost.js';
import {ManualClock} from '../../../helpers/manual-clock.js';
import {requestFiles} from '../../../helpers/request-files.js';
import {tempDir} from '../../../helpers/temp-dir.js';

test('a checked file is estimated while others are still being checked', async () => {
  const [path = ''] = await requestFiles(await tempDir(), 1);
  const limits = {
    inspections: pLimit(1),
    estimates: pLimit(1),
    sends: pLimit(1),
    uploads: pLimit(1),
    creates: new CreateLimiter(new ManualClock(), 0),
  };
  const model = 'models/gemini-3.5-flash-lite';
  const terms = {model, service: 'gemini', prices: PRICES, records: [], nowMs: 0} as const;
  const file = {index: 1, path, name: '001.jsonl', inputFile: '001.jsonl'};
  const inspection = {count: 1, size_bytes: 1, sha256: '', warnings: []};
  const run = {estimator: new FileEstimator(terms), limits, halt: new AbortController()};
  void limits.inspections(() => new Promise(() => undefined));
  expect(await estimateJob(run, file, inspection)).toMatchObject({file: '001.jsonl', method: 'offline'});
});
