import {expect, test} from '@jest/globals';
import {historyOf, type PastJob} from '../../../../src/lib/domain/estimate/history.js';

test('any number of finished jobs tells what the next one takes', () => {
  const job: PastJob = {requests: 10, sizeBytes: 1_000, promptTokens: 250, outputTokens: 500};
  const history = historyOf(Array.from({length: 200_000}, () => job));
  expect(history?.inputPerByte.likely).toBeCloseTo(0.25);
  expect(history?.outputPerRequest.likely).toBeCloseTo(50);
});
