import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {records, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';

const SCHEMA = {type: 'OBJECT', properties: {answer: {type: 'STRING'}}, required: ['answer']};

/** A finished job of five requests that ask for JSON: one answer is in a code fence, one has another shape. */
async function finishedJob(): Promise<UsedEmulator & {folder: string}> {
  const folder = await tempDir();
  const used = await useEmulator({speed: 0, seed: 1});
  const lines = Array.from({length: 5}, (_, i) =>
    JSON.stringify({
      key: `r${i + 1}`,
      request: {
        contents: [{role: 'user', parts: [{text: `Question ${i + 1}`}]}],
        generationConfig: {responseMimeType: 'application/json', responseSchema: SCHEMA},
      },
    }),
  );
  await writeFile(join(folder, '001.jsonl'), `${lines.join('\n')}\n`);
  used.emulator.control.outcome({
    rows: [
      {fault: 'code_fence', keys: ['r2']},
      {fault: 'wrong_shape', keys: ['r4']},
    ],
  });
  await submit({folder, env: used.env}, '001.jsonl');
  used.emulator.control.advance(60_000);
  return {...used, folder};
}

const NOT_JSON = 'the answer is not JSON: it is in a code fence';
const MISMATCH = "the answer does not fit its schema: the answer must have required property 'answer'";

test('poll, results, show and retry know answers that are not what was asked for', async () => {
  const {folder, env, emulator} = await finishedJob();
  const cli = (...args: string[]): Promise<CliResult> => runCli(args, {cwd: folder, env});

  const polled = await cli('poll', '--once', '--json');
  expect(polled.code).toBe(EXIT.partial);
  const events = polled.stdout.trimEnd().split('\n');
  expect(events.flatMap((event) => schemaErrors('poll', JSON.parse(event)))).toEqual([]);
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
    rows: {ok: 3, not_json: 1, schema_mismatch: 1},
    bad_row_count: 2,
  });
  expect(await records(folder)).toMatchObject([{results: {rows: {ok: 3, not_json: 1, schema_mismatch: 1}}}]);

  const failed = await cli('results', '--failed');
  expect(failed.stdout).toBe(
    `001.jsonl:2: r2: not json: ${NOT_JSON}\n001.jsonl:4: r4: schema mismatch: ${MISMATCH}\n`,
  );
  const joined = (await cli('results', '--join', '-')).stdout.trimEnd().split('\n');
  const rows = joined.map((line) => JSON.parse(line) as unknown);
  expect(rows.flatMap((row) => schemaErrors('joined-row', row))).toEqual([]);
  expect(rows).toMatchObject([
    {outcome: 'ok', error: null},
    {outcome: 'not_json', error: {code: null, message: NOT_JSON}},
    {outcome: 'ok'},
    {outcome: 'schema_mismatch', error: {message: MISMATCH}},
    {outcome: 'ok'},
  ]);
  expect((await cli('show', '001.jsonl')).stdout).toContain('1 not json, 1 schema mismatch');

  await cli('retry');
  expect(emulator.control.paid()[1]).toMatchObject({request_count: 2});
  emulator.control.outcome({rows: []});
  emulator.control.advance(60_000);
  expect((await cli('poll', '--once')).code).toBe(0);
  expect(await records(folder)).toMatchObject([
    {results: {rows: {ok: 5, not_json: 0, schema_mismatch: 0}}},
    {},
  ]);
});

test('--no-check-answers takes answers as they come', async () => {
  const {folder, env} = await finishedJob();
  const polled = await runCli(['poll', '--once', '--no-check-answers', '--json'], {cwd: folder, env});
  expect(polled.code).toBe(0);
  const [record] = await records(folder);
  expect(record).toMatchObject({results: {rows: {ok: 5}}});
  expect(JSON.stringify(record)).not.toContain('not_json');
  const joined = await runCli(['results', '--join', '-'], {cwd: folder});
  expect(joined.stdout.match(/"outcome":"ok"/gu)).toHaveLength(5);
});

test('results --no-check-answers takes answers that were called bad before', async () => {
  const {folder, env} = await finishedJob();
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(EXIT.partial);
  const joined = await runCli(['results', '--no-check-answers', '--join', 'all.jsonl'], {cwd: folder});
  expect(joined.code).toBe(0);
  const text = await readFile(join(folder, 'all.jsonl'), 'utf8');
  expect(text.match(/"outcome":"ok"/gu)).toHaveLength(5);
});
