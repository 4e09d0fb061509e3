import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parse} from 'csv-parse/sync';
import {EXIT} from '../../src/lib/domain/errors.js';
import {answeredJobs} from '../helpers/answered-job.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestLine} from '../helpers/result-rows.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

function media(content: Uint8Array, mimeType = 'image/png'): object {
  return {inlineData: {mimeType, data: Buffer.from(content).toString('base64')}};
}

function row(key: string, ...candidates: readonly (readonly object[])[]): string {
  const usageMetadata = {promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3};
  return JSON.stringify({
    key,
    response: {
      candidates: candidates.map((parts) => ({content: {parts}, finishReason: 'STOP'})),
      usageMetadata,
      modelVersion: 'gemini-x',
    },
  });
}

async function answered(...rows: readonly (readonly [string, string])[]): Promise<string> {
  return answeredJobs([
    {requests: rows.map(([key]) => requestLine(key)), rows: rows.map(([, line]) => line)},
  ]);
}

async function results(folder: string, ...args: string[]): Promise<CliResult> {
  return runCli(['results', '--media', 'media', '--join', ...args], {cwd: folder});
}

test('media are files that are named by the keys, and the table has their paths', async () => {
  const folder = await answered(
    ['A', row('A', [{text: 'here'}, media(PNG)])],
    [
      'a',
      row(
        'a',
        [media(Buffer.from('one')), media(Buffer.from('two'), 'audio/wav')],
        [media(Buffer.from('3'))],
      ),
    ],
    ['../x', row('../x', [media(Buffer.from('x'), 'text/html')])],
    ['none', row('none', [{text: 'no image'}])],
  );
  const {code, stdout, stderr} = await results(folder, 'out/answers.csv');
  expect({code, stdout}).toEqual({
    code: EXIT.ok,
    stdout: '4 rows → out/answers.csv: 4 ok\n5 media files → media\n',
  });
  expect(stderr).toBe(
    'Note: Not in answers.csv: further candidates of 1 answer. What shows it: --columns, a .jsonl file.\n',
  );
  const rows: Record<string, string>[] = parse(await readFile(join(folder, 'out/answers.csv')), {
    columns: true,
  });
  expect(rows.map(({key, answer, media: path}) => [key, answer, path])).toEqual([
    ['A', 'here', '../media/A.png'],
    ['a', '', '["../media/a-2.png","../media/a-3.wav","../media/a-4.png"]'],
    ['../x', '', '../media/__x.bin'],
    ['none', 'no image', ''],
  ]);
  expect((await readdir(join(folder, 'media'))).sort()).toEqual([
    'A.png',
    '__x.bin',
    'a-2.png',
    'a-3.wav',
    'a-4.png',
  ]);
  expect(await readFile(join(folder, 'media/A.png'))).toEqual(PNG);
  expect(await readFile(join(folder, 'media/a-4.png'), 'utf8')).toBe('3');
});

test('JSONL has the paths in place of the data, of thoughts too', async () => {
  const thought = {...media(Buffer.from('draft')), thought: true, thoughtSignature: 's'};
  const folder = await answered(['k', row('k', [thought, {functionCall: {name: 'f'}}, media(PNG)])]);
  const without = await results(folder, '-');
  const line = JSON.parse(without.stdout) as object;
  expect(schemaErrors('joined-row', line)).toEqual([]);
  expect(line).toMatchObject({
    data: [{functionCall: {name: 'f'}}, {inlineData: {mimeType: 'image/png', file: 'media/k.png'}}],
  });
  expect(without.stderr).toContain('thoughts of 1 answer. What shows it: --thoughts.');
  const all = await runCli(['results', '--join', '-', '--thoughts', '--media', 'all'], {cwd: folder});
  expect(JSON.parse(all.stdout)).toMatchObject({
    thoughts: null,
    thoughts_data: [
      {inlineData: {mimeType: 'image/png', file: 'all/k.png'}, thought: true, thoughtSignature: 's'},
    ],
    data: [{}, {inlineData: {mimeType: 'image/png', file: 'all/k-2.png'}}],
  });
  expect(all.stdout).not.toContain('"data":"');
  expect(await readFile(join(folder, 'all/k.png'), 'utf8')).toBe('draft');
});

test('what is no Base64 stays in the row, and is said', async () => {
  const broken = {inlineData: {mimeType: 'image/png', data: '**no base64**'}};
  const folder = await answered(['k', row('k', [broken])]);
  const {stdout, stderr} = await results(folder, '-');
  expect(JSON.parse(stdout)).toMatchObject({data: [broken]});
  expect(stderr).toContain('Not decoded, as it is no Base64: the data of 1 media part.');
  expect(await readdir(folder)).not.toContain('media');
  const object = JSON.parse((await results(folder, 'a.jsonl', '--json')).stdout) as object;
  expect(schemaErrors('results', object)).toEqual([]);
  expect(object).toMatchObject({joined: {media: {folder: 'media', files: 0, unreadable: 1}}});
});

test('files that are there stay, unless they may be replaced; the same command again is no trouble', async () => {
  const folder = await answered(['k', row('k', [media(PNG)])]);
  await mkdir(join(folder, 'media'));
  await writeFile(join(folder, 'media/k.png'), 'mine');
  const refused = await results(folder, 'a.csv');
  expect(refused).toMatchObject({code: EXIT.storage, stdout: ''});
  expect(refused.stderr).toContain('media/k.png is there already, with other content. It is untouched.');
  expect(await readFile(join(folder, 'media/k.png'), 'utf8')).toBe('mine');
  expect(await readdir(folder)).not.toContain('a.csv');
  expect((await results(folder, 'a.csv', '--overwrite')).code).toBe(EXIT.ok);
  expect(await readFile(join(folder, 'media/k.png'))).toEqual(PNG);
  expect((await results(folder, 'a.csv')).code).toBe(EXIT.ok);
  expect((await results(folder, 'b.parquet')).code).toBe(EXIT.ok);
  const alone = await runCli(['results', '--media', 'media'], {cwd: folder});
  expect(alone.code).toBe(EXIT.usage);
  expect(alone.stderr).toContain('--join');
});

test('images that are long in their rows are whole in their files, and in JSONL without --media', async () => {
  const images = ['one', 'two'].map((end) => Buffer.from(`${'PNG'.repeat(20_000)}${end}`));
  const digits = images.map((image) => image.toString('base64').replaceAll('/', '_').replaceAll('+', '-'));
  const escaped = row('b', [media(Buffer.alloc(30_000, 0xff))]).replaceAll('/', String.raw`\/`);
  const twoImages = digits.map((data) => ({inlineData: {mimeType: 'image/png', data}}));
  const folder = await answered(['a', row('a', [{text: 'both'}, ...twoImages])], ['b', escaped]);
  expect(await results(folder, 'answers.csv')).toMatchObject({code: EXIT.ok});
  const files = ['a.png', 'a-2.png', 'b.png'].map((name) => readFile(join(folder, 'media', name)));
  expect(await Promise.all(files)).toEqual([...images, Buffer.alloc(30_000, 0xff)]);
  const {stdout} = await runCli(['results', '--join', '-'], {cwd: folder});
  const {data} = JSON.parse(stdout.split('\n')[0] ?? '') as {data: unknown};
  expect(data).toEqual(twoImages);
});
