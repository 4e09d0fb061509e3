import {describe, expect, test} from '@jest/globals';
import {isTransient, replyError, type CallIdentity} from '../../../../src/lib/services/http/service-error.js';

const FILE = {name: 'get', subject: 'file', resource: 'files/abc'} as const;
const MISSING_FILE = 'You do not have permission to access the File abc or it may not exist.';

function errorOf(status: number, call: CallIdentity, error: Record<string, unknown> = {}) {
  return replyError({status, headers: new Map(), body: JSON.stringify({error})}, call);
}

describe('the code of an answer', () => {
  const cases: readonly (readonly [status: number, CallIdentity['subject'], expected: string])[] = [
    [400, 'create', 'REFUSED'],
    [401, 'batch', 'KEY_REFUSED'],
    [403, 'model', 'KEY_REFUSED'],
    [403, 'list', 'KEY_REFUSED'],
    [403, 'upload', 'KEY_REFUSED'],
    [403, 'create', 'REFUSED'],
    [403, 'batch', 'REFUSED'],
    [404, 'model', 'MODEL_UNAVAILABLE'],
    [404, 'create', 'MODEL_UNAVAILABLE'],
    [404, 'file', 'NOT_FOUND'],
    [404, 'batch', 'NOT_FOUND'],
    [404, 'list', 'REFUSED'],
    [404, 'upload', 'REFUSED'],
    [408, 'list', 'SERVICE'],
    [409, 'upload', 'REFUSED'],
    [429, 'create', 'QUOTA'],
    [302, 'list', 'SERVICE'],
    [500, 'list', 'SERVICE'],
    [503, 'list', 'SERVICE'],
  ];

  test.each(cases)('%d to a call about a %s is %s', (status, subject, expected) => {
    expect(errorOf(status, {name: 'call', subject})).toMatchObject({code: expected, details: {status}});
  });

  test.each([
    [400, 'API_KEY_INVALID'],
    [403, 'SERVICE_DISABLED'],
    [403, 'API_KEY_SERVICE_BLOCKED'],
    [403, 'API_KEY_IP_ADDRESS_BLOCKED'],
    [403, 'CONSUMER_SUSPENDED'],
  ])('%d for the reason %s concerns the key, also where a file could be missing', (status, reason) => {
    const error = {message: MISSING_FILE, details: [{'@type': 'x'}, {reason}]};
    expect(errorOf(status, FILE, error)).toMatchObject({code: 'KEY_REFUSED', details: {reason}});
  });

  test('403 is a missing file only when the service names it', () => {
    expect(errorOf(403, FILE, {message: MISSING_FILE}).code).toBe('NOT_FOUND');
    expect(errorOf(403, FILE, {message: 'Your API key was reported as leaked.'}).code).toBe('REFUSED');
    expect(errorOf(403, {name: 'get', subject: 'file'}, {message: MISSING_FILE}).code).toBe('REFUSED');
  });
});

describe('the text of an answer', () => {
  test('says what the service said', () => {
    const {message} = errorOf(
      400,
      {name: 'create', subject: 'create'},
      {message: ' Bad. \n', status: 'INVALID_ARGUMENT'},
    );
    expect(message).toBe('create: the service answered 400 INVALID_ARGUMENT: Bad.');
  });

  test.each(['', '<html>', '[]', '{"error":"text"}', '{"error":{"message":5,"details":{}}}'])(
    'does without a body that says nothing (%p)',
    (body) => {
      const {message} = replyError({status: 502, headers: new Map(), body}, FILE);
      expect(message).toBe('get: the service answered 502');
    },
  );

  test('is one line, however many the service sends', () => {
    const {message} = errorOf(400, FILE, {message: 'Bad.\r\n::error::Run this\u2028and that'});
    expect(message).toBe('get: the service answered 400: Bad. ::error::Run this and that');
  });

  test('is as long as a person reads, however long the service is', () => {
    const {message} = errorOf(400, FILE, {message: 'x'.repeat(1_000_000), status: 'X'.repeat(1_000_000)});
    expect(message.length).toBeLessThan(2_100);
  });
});

describe('the pause that the service asks for', () => {
  test.each([
    ['34s', undefined, 34_000],
    ['0.5s', '7', 500],
    [undefined, '7', 7_000],
    ['soon', '7', 7_000],
    ['-1s', undefined, undefined],
    [undefined, 'Fri, 20 Nov 2026 10:00:00 GMT', undefined],
    [undefined, undefined, undefined],
  ])('RetryInfo %s and Retry-After %s are %s ms', (retryDelay, retryAfter, expected) => {
    const headers = new Map(retryAfter === undefined ? [] : [['retry-after', retryAfter]]);
    const body = JSON.stringify({error: {details: retryDelay === undefined ? [] : [{retryDelay}]}});
    expect(replyError({status: 429, headers, body}, FILE).details['retryDelayMs']).toBe(expected);
  });
});

test.each([
  [408, true],
  [429, true],
  [500, true],
  [503, true],
  [302, false],
  [400, false],
  [501, false],
])('%d may pass: %s', (status, expected) => {
  expect(isTransient(errorOf(status, FILE))).toBe(expected);
});
