import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {openWalk} from '../../../../src/lib/workflows/results/walk-results.js';
import {tempDir} from '../../../helpers/temp-dir.js';

test.each([true, false])(
  'a walk is not begun once it is to end (answers checked: %j)',
  async (checksAnswers) => {
    const folder = await tempDir();
    const [requestPath, resultPath] = [join(folder, 'a.jsonl'), join(folder, 'r.jsonl')];
    for (const path of [requestPath, resultPath]) await writeFile(path, '{"key":"r1"}\n');
    const reason = new Error('over');
    const input = {requestPath, resultPaths: [resultPath], checksAnswers, stop: AbortSignal.abort(reason)};
    await expect(openWalk(input)).rejects.toBe(reason);
  },
);
