import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {systemClock as clock} from '../../../../src/lib/system-clock.js';
import {
  intakeTerms,
  ResultIntake,
  type CheckedRows,
} from '../../../../src/lib/workflows/fetch/result-intake.js';
import {requestLine} from '../../../helpers/result-rows.js';
import {tempDir} from '../../../helpers/temp-dir.js';

function row(responseId: string | undefined, ...parts: readonly object[]): string {
  const response = {
    candidates: [{content: {parts}, finishReason: 'STOP'}],
    usageMetadata: {promptTokenCount: 8, candidatesTokenCount: 12, totalTokenCount: 20},
    modelVersion: 'gemini-3.5-flash-lite',
    responseId,
  };
  return `${JSON.stringify({key: 'a', response})}\n`;
}

async function intakeOf(...rows: readonly string[]): Promise<CheckedRows> {
  const folder = await tempDir();
  await writeFile(join(folder, 'a.jsonl'), `${requestLine('a')}\n`);
  const path = join(folder, 'results.jsonl');
  await writeFile(path, rows.join(''));
  const store = JobStore.open(join(folder, 'job-info.jsonl'), {command: 'test', clock});
  const batch = {name: 'batches/a', model: 'models/gemini-3.5-flash-lite', state: 'JOB_STATE_SUCCEEDED'};
  const record = {input_file: 'a.jsonl', count: 1, uploaded_file_name: 'files/a', batch};
  const intake = await ResultIntake.open(intakeTerms({store, clock, prices: PRICES}, record, true));
  intake.push(Buffer.from(rows.join('')));
  return intake.finish(path);
}

const TEXT = {text: 'an answer'};

test('a response that comes twice is billed once', async () => {
  const once = await intakeOf(row('r1', TEXT));
  const twice = await intakeOf(row('r1', TEXT), row('r1', TEXT));
  expect(twice).toEqual(once);
  expect(twice).toMatchObject({
    resultRows: 1,
    rows: {ok: 1, repeated: 0},
    usage: {rows: 1, prompt_tokens: 8},
  });
});

test.each([
  ['other responses', 'r2'],
  ['responses that nobody can tell apart', undefined],
])('%s are billed each, though they say the same', async (_, responseId) => {
  const read = await intakeOf(row(responseId && 'r1', TEXT), row(responseId, TEXT));
  expect(read).toMatchObject({
    resultRows: 2,
    rows: {ok: 1, repeated: 0},
    usage: {rows: 2, prompt_tokens: 16},
  });
});

test('two answers with one text and other images are two answers', async () => {
  const image = (data: string): object => ({inlineData: {mimeType: 'image/png', data}});
  const read = await intakeOf(row('r1', TEXT, image('AAAA')), row('r2', TEXT, image('AAAB')));
  expect(read).toMatchObject({rows: {ok: 1, repeated: 1}, usage: {rows: 2}});
});
