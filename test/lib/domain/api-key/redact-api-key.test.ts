import {describe, expect, test} from '@jest/globals';
import {createApiKeyRedactor} from '../../../../src/lib/domain/api-key/redact-api-key.js';

const KEY = 'AIza+Sy/B"c\\D=e&f<0123456789';

describe('a key is left out of a text', () => {
  test.each([
    ['as it is', KEY],
    ['percent-encoded', encodeURIComponent(KEY)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(KEY).replaceAll(/%../gu, (escape) => escape.toLowerCase()),
    ],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(KEY))],
    ['percent-encoded in each character', Array.from(KEY, hex('%')).join('')],
    ['as JSON', JSON.stringify(KEY).slice(1, -1)],
    ['as JSON in JSON', JSON.stringify(JSON.stringify(KEY)).slice(3, -3)],
    ['escaped as Google writes JSON', JSON.stringify(KEY).slice(1, -1).replaceAll(/[&<=]/gu, hex('\\u00'))],
    ['escaped in each character', Array.from(KEY, hex('\\u00')).join('')],
    ['as JSON, percent-encoded', encodeURIComponent(JSON.stringify(KEY).slice(1, -1))],
    ['as CSV', KEY.replace('"', '""')],
    ['with slashes escaped', JSON.stringify(KEY).slice(1, -1).replaceAll('/', '\\/')],
  ])('%s', (_, form) => {
    expect(createApiKeyRedactor(KEY)(`a ${form} b ${form}`)).toBe('a [API key] b [API key]');
  });
});

test('JSON stays JSON', () => {
  const redact = createApiKeyRedactor(KEY);
  const value = {
    [KEY]: [KEY, JSON.stringify({deep: KEY}), `https://example.com/?key=${encodeURIComponent(KEY)}`],
  };
  expect(JSON.parse(redact(JSON.stringify(value)))).toEqual({
    '[API key]': ['[API key]', '{"deep":"[API key]"}', 'https://example.com/?key=[API key]'],
  });
});

test('a text without the key is as it was', () => {
  const text = `${KEY.slice(0, -1)} ${KEY.toLowerCase()} %41 \\u0041`;
  expect(createApiKeyRedactor(KEY)(text)).toBe(text);
});

test('what is shorter than a key of the service is left where it stands', () => {
  expect(createApiKeyRedactor('emulator')('the emulator failed')).toBe('the emulator failed');
});

test('text that is made to look like the key takes no time', () => {
  const redact = createApiKeyRedactor('a++++++++++++++++++++++++b');
  const startMs = performance.now();
  redact(`a${'\\'.repeat(200_000)}`.repeat(3) + `a${'%252525'.repeat(50_000)}`);
  expect(performance.now() - startMs).toBeLessThan(2_000);
});

function hex(before: string): (character: string) => string {
  return (character) => `${before}${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
