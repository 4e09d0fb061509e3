import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {readSmall} from '../../../../src/lib/workflows/request-file/read-small.js';
import {tempDir} from '../../../helpers/temp-dir.js';

test('a small file is read whole, again and again', async () => {
  const path = join(await tempDir(), 'a');
  for (const text of ['', 'one', 'one and two', 'x']) {
    await writeFile(path, text);
    expect(Buffer.from(readSmall(path, 11) ?? []).toString()).toBe(text);
  }
});

test('a larger file, a folder and a pipe are left to others', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'a'), '123456');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(['a', '.', 'pipe'].map((name) => readSmall(join(folder, name), 5))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
