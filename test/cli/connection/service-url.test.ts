import {expect, test} from '@jest/globals';
import {serviceUrlFrom} from '../../../src/cli/connection/service-url.js';

test.each([
  [undefined, undefined],
  ['  ', undefined],
  ['https://gateway.example.com/gemini', 'https://gateway.example.com/gemini'],
  ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ['http://localhost:4010/', 'http://localhost:4010/'],
  ['http://[::1]:4010', 'http://[::1]:4010'],
])('%s is taken as %s', (GOOGLE_GEMINI_BASE_URL, url) => {
  expect(serviceUrlFrom({GOOGLE_GEMINI_BASE_URL})).toBe(url);
});

test.each([
  'gateway.example.com',
  'ftp://example.com',
  'https://me:secret@example.com',
  'https://example.com/?key=1',
  'http://example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
])('%s is refused', (GOOGLE_GEMINI_BASE_URL) => {
  expect(() => serviceUrlFrom({GOOGLE_GEMINI_BASE_URL})).toThrow(
    expect.objectContaining({code: 'USAGE', message: expect.not.stringContaining('secret')}),
  );
});
