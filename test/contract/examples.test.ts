import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {inspectFile} from '../../src/lib/workflows/request-file/inspect-file.js';
import {ROOT} from '../helpers/run-cli.js';

test('the examples are request files without a fault', async () => {
  const folder = join(ROOT, 'examples');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  expect(names.length).toBeGreaterThan(1);
  for (const name of names) {
    const {count, warnings} = await inspectFile(join(folder, name), {validate: true});
    expect({name, count, warnings}).toEqual({name, count: expect.any(Number), warnings: []});
  }
});
