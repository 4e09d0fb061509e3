import {readdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect, test} from '@jest/globals';
import {RowSpill} from '../../../../src/lib/workflows/results/source/row-spill.js';
import {seededRandom, shuffled} from '../../../helpers/seeded-random.js';
import {tempDir} from '../../../helpers/temp-dir.js';

test('texts come back in any order, whatever their length, and nothing is left on the disk', async () => {
  const folder = await tempDir();
  const spill = new RowSpill(folder);
  const random = seededRandom(7);
  const texts = Array.from({length: 3_000}, (_, i) => `${i}:${'é静x'.repeat(Math.floor(random() * 200))}`);
  texts.push('', 'z'.repeat(2_000_000), 'end');
  const places = texts.map((text) => spill.add(text));
  const order = texts.map((_, i) => i);
  for (const at of [...order, ...shuffled(order, random), ...order.toReversed()]) {
    expect(spill.textAt(places[at] ?? 0) === texts[at]).toBe(true);
  }
  spill.close();
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot hold rows is named', async () => {
  const folder = join(await tempDir(), 'file/below');
  await writeFile(dirname(folder), '');
  expect(() => new RowSpill(folder)).toThrow(`The rows of the source cannot be kept in ${folder} (ENOTDIR).`);
});
