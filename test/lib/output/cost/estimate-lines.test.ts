import {expect, test} from '@jest/globals';
import {totalLine} from '../../../../src/lib/output/cost/estimate-lines.js';
import {timesEstimate, type Estimate} from '../../../../src/lib/workflows/estimate/estimate-files.js';

const RANGE = {low: 1, likely: 2, high: 3};
const FILE = {
  file: 'a.jsonl',
  model: 'gemini-2.5-flash',
  requests: 500,
  input_tokens: RANGE,
  output_tokens: RANGE,
  cost_usd: RANGE,
  method: 'offline',
  uncounted_parts: 0,
  unlimited_requests: 0,
} as const;
const ESTIMATE: Estimate = {
  files: [FILE, FILE],
  failed: [],
  total: {
    requests: 1_000,
    input_tokens: RANGE,
    output_tokens: RANGE,
    cost_usd: RANGE,
    cost_usd_known: RANGE,
    price_missing: [],
  },
  prices: {read_on: '2026-11-01'},
  warnings: [],
};

test('what was counted is said as it is, what a sample says is called about', () => {
  expect(totalLine(ESTIMATE)).toMatch(/^2 files, 1,000 requests: about \$2\.00/);
  expect(totalLine(timesEstimate(ESTIMATE, {factor: 2.5, files: 5}))).toMatch(
    /^5 files, about 2,500 requests \(estimated from 2 of the files\): about \$5\.00/,
  );
});
