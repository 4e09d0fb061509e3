import {PassThrough} from 'node:stream';
import {expect, test} from '@jest/globals';
import {createPrompt} from '../../src/cli/consent.js';

/** A person at a terminal who types these keys. */
async function typed(keys: string): Promise<string | undefined> {
  const stdin = Object.assign(new PassThrough(), {isTTY: true});
  const stderr = Object.assign(new PassThrough(), {isTTY: true, columns: 80});
  const streams = {stdin, stderr, env: {}} as unknown as Pick<NodeJS.Process, 'stdin' | 'stderr' | 'env'>;
  stderr.once('data', () => stdin.write(keys));
  return createPrompt(streams)?.('Which?', 'this');
}

test('an answer is a line, an empty one the fallback', async () => {
  await expect(typed('that \r')).resolves.toBe('that');
  await expect(typed('\r')).resolves.toBe('this');
});

test.each(['\u0003', '\u0004'])(
  '%j in place of an answer ends the command, and is no defect',
  async (key) => {
    await expect(typed(key)).rejects.toMatchObject({code: 'INTERRUPTED', exitCode: 130});
  },
);
