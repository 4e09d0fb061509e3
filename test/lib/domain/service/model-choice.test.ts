import {expect, test} from '@jest/globals';
import {
  modelLabel,
  modelResourceName,
  successorOfDefault,
} from '../../../../src/lib/domain/service/model-choice.js';

test('the successor of the default is the newest stable Flash-Lite', () => {
  expect(
    successorOfDefault([
      'models/gemini-3.8-flash',
      'models/gemini-3.5-flash-lite',
      'models/gemini-3.1-flash-lite',
      'models/gemini-4-flash-lite-preview-01-27',
      'models/gemini-2.5-flash-lite',
    ]),
  ).toBe('models/gemini-3.5-flash-lite');
  expect(successorOfDefault(['models/gemini-3.8-flash'])).toBeUndefined();
});

test('a model is named with and without its collection', () => {
  expect(modelResourceName('gemini-x')).toBe('models/gemini-x');
  expect(modelResourceName('tunedModels/mine')).toBe('tunedModels/mine');
  expect(modelLabel('models/gemini-x')).toBe('gemini-x');
});
