import {describe, expect, test} from '@jest/globals';
import {apiKeyFrom, redactApiKeys} from '../../../src/cli/connection/api-key.js';

describe('apiKeyFrom', () => {
  test('takes GEMINI_API_KEY, without blanks around it', () => {
    expect(apiKeyFrom({GEMINI_API_KEY: ' AIza-one\n'})).toEqual({value: 'AIza-one'});
  });

  test('prefers GOOGLE_API_KEY, and says so where the two differ', () => {
    expect(apiKeyFrom({GEMINI_API_KEY: 'one', GOOGLE_API_KEY: 'two'})).toEqual({
      value: 'two',
      warning: 'GOOGLE_API_KEY and GEMINI_API_KEY are both set; GOOGLE_API_KEY is used.',
    });
    expect(apiKeyFrom({GEMINI_API_KEY: 'one', GOOGLE_API_KEY: 'one'})).toEqual({value: 'one'});
    expect(apiKeyFrom({GEMINI_API_KEY: 'one', GOOGLE_API_KEY: ' '})).toEqual({value: 'one'});
  });

  test.each([{}, {GEMINI_API_KEY: ''}, {GEMINI_API_KEY: ' \t\n'}])('finds no key in %j', (environment) => {
    expect(() => apiKeyFrom(environment)).toThrow(
      expect.objectContaining({code: 'KEY_MISSING', exitCode: 6}),
    );
  });

  test.each(['AI\nza', 'AI za', 'AI\u0000za', 'AI\u001B[31mza', 'schlüssel'])(
    'refuses %j, without repeating it',
    (key) => {
      expect(() => apiKeyFrom({GEMINI_API_KEY: key})).toThrow(
        expect.objectContaining({code: 'KEY_REFUSED', message: expect.not.stringContaining(key)}),
      );
    },
  );
});

describe('redactApiKeys', () => {
  test('leaves out each key, wherever it stands', () => {
    const environment = {GEMINI_API_KEY: ' AIza-one-0123456789 ', GOOGLE_API_KEY: 'AIza-two-0123456789'};
    expect(redactApiKeys('x AIza-one-0123456789, key=AIza-two-0123456789', environment)).toBe(
      'x [API key], key=[API key]',
    );
  });

  test('leaves a stand-in for a key alone, because it may be a word', () => {
    expect(redactApiKeys('the emulator failed', {GEMINI_API_KEY: 'emulator'})).toBe('the emulator failed');
  });
});
