import {describe, expect, test} from '@jest/globals';
import {toBatchJob, toModel, toRemoteFile} from '../../../../src/lib/services/gemini/reply.js';
import {parseReply} from '../../../../src/lib/services/reply.js';

const NAME = 'batches/leg9wy9p5df66syjxke2eq4xfjqcwp47ejv3';

describe('a batch job', () => {
  test('is read from its operation', () => {
    const operation = {
      name: NAME,
      metadata: {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
        model: 'models/m',
        displayName: 'dn',
        inputConfig: {fileName: 'files/7t2beg32d5er'},
        output: {responsesFile: 'files/batch-1'},
        createTime: '2026-11-20T10:00:00.123456789Z',
        endTime: '2026-11-20T10:04:00.317741426Z',
        updateTime: '2026-11-20T10:04:00.317741386Z',
        batchStats: {requestCount: '3', successfulRequestCount: '2', failedRequestCount: '1'},
        state: 'BATCH_STATE_SUCCEEDED',
        name: NAME,
      },
      done: true,
      response: {responsesFile: 'files/batch-1'},
    };
    expect(toBatchJob(operation, 'get')).toEqual({
      name: NAME,
      display_name: 'dn',
      model: 'models/m',
      state: 'JOB_STATE_SUCCEEDED',
      create_time: '2026-11-20T10:00:00.123456789Z',
      update_time: '2026-11-20T10:04:00.317741386Z',
      end_time: '2026-11-20T10:04:00.317741426Z',
      src: {file_name: 'files/7t2beg32d5er'},
      dest: {file_name: 'files/batch-1'},
      stats: {
        request_count: 3,
        pending_request_count: 0,
        successful_request_count: 2,
        failed_request_count: 1,
      },
    });
  });

  test.each([
    {metadata: {}, response: {responsesFile: 'files/batch-1'}},
    {metadata: {output: {}}, response: {responsesFile: 'files/batch-1'}},
    {metadata: {output: {responsesFile: 'files/batch-1'}}},
  ])('has its results wherever they are named (%#)', (operation) => {
    expect(toBatchJob({name: NAME, ...operation}, 'get').dest).toEqual({file_name: 'files/batch-1'});
  });

  test('is cancelled when its state says so, whatever the error', () => {
    const operation = {
      name: NAME,
      metadata: {state: 'BATCH_STATE_CANCELLED', batchStats: {requestCount: '1', pendingRequestCount: '1'}},
      error: {code: 13, message: 'Batch x failed without error.'},
    };
    expect(toBatchJob(operation, 'get')).toMatchObject({
      state: 'JOB_STATE_CANCELLED',
      error: {code: 13, message: 'Batch x failed without error.'},
    });
  });

  test('is over when its operation is done in a state that nobody knows', () => {
    const metadata = {state: 'BATCH_STATE_DISCARDED'};
    expect(toBatchJob({name: NAME, metadata, done: true}, 'get')).toMatchObject({
      state: 'JOB_STATE_FAILED',
      error: {message: expect.stringContaining('JOB_STATE_DISCARDED')},
    });
    const response = {responsesFile: 'files/batch-x'};
    expect(toBatchJob({name: NAME, metadata, done: true, response}, 'get').state).toBe('JOB_STATE_SUCCEEDED');
    expect(toBatchJob({name: NAME, metadata: {state: 'BATCH_STATE_RUNNING'}, done: true}, 'get').state).toBe(
      'JOB_STATE_RUNNING',
    );
  });

  test('keeps a state that nobody knows, and has none that nobody said', () => {
    expect(toBatchJob({name: NAME, metadata: {state: 'SOMETHING_NEW'}}, 'get').state).toBe('SOMETHING_NEW');
    expect(toBatchJob({name: NAME}, 'get').state).toBe('JOB_STATE_UNSPECIFIED');
  });

  test('leaves out what is no text and counts nothing that is no whole number', () => {
    const metadata = {
      displayName: 5,
      createTime: {},
      batchStats: {requestCount: '1.5', failedRequestCount: ' 7'},
    };
    expect(toBatchJob({name: NAME, metadata}, 'get')).toEqual({
      name: NAME,
      state: 'JOB_STATE_UNSPECIFIED',
      stats: {
        request_count: 0,
        pending_request_count: 0,
        successful_request_count: 0,
        failed_request_count: 0,
      },
    });
  });

  test.each([undefined, '', 'operations/1', 'batches/', 'batches/a/b', 5])(
    'is not one without its name (%p)',
    (name) => {
      expect(() => toBatchJob({name}, 'get')).toThrow('get: unexpected answer from the service');
    },
  );
});

describe('a file', () => {
  const sha256 = 'ab'.repeat(32);

  test.each([
    ['the base64 of the hex digits', Buffer.from(sha256).toString('base64'), sha256],
    ['the base64 of the bytes', Buffer.from(sha256, 'hex').toString('base64'), sha256],
    ['nonsense', 'bm9uc2Vuc2U=', undefined],
  ])('has its hash as %s', (_, sha256Hash, expected) => {
    const file = toRemoteFile({name: 'files/1', sizeBytes: '309', sha256Hash}, 'get');
    expect(file).toEqual({
      name: 'files/1',
      sizeBytes: 309,
      ...(expected === undefined ? {} : {sha256: expected}),
    });
  });

  test('is not one without its name', () => {
    expect(() => toRemoteFile({}, 'get')).toThrow('it names no file');
  });
});

test('a model without methods takes no batch jobs', () => {
  expect(toModel({name: 'models/m', supportedGenerationMethods: [5]}, 'get')).toMatchObject({
    supportedActions: [],
    isBatchable: false,
  });
});

test.each(['', 'null', '[]', '"text"', '{', '<html>'])('%p is no answer', (body) => {
  expect(() => parseReply(body, 'get')).toThrow(expect.objectContaining({code: 'SERVICE'}));
});
