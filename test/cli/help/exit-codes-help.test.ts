import {expect, test} from '@jest/globals';
import {EXIT, EXIT_MEANINGS} from '../../../src/lib/domain/errors.js';
import {runCli} from '../../helpers/run-cli.js';
import {tempDir} from '../../helpers/temp-dir.js';

test('help exit-codes lists every exit code with its meaning, in order', async () => {
  const {code, stdout} = await runCli(['help', 'exit-codes'], {cwd: await tempDir()});
  const [title, ...lines] = stdout.trimEnd().split('\n');
  const rows = Object.keys(EXIT) as (keyof typeof EXIT)[];
  expect([code, title]).toEqual([0, 'EXIT CODES']);
  expect(lines.map((line) => line.trim())).toEqual(
    rows.toSorted((a, b) => EXIT[a] - EXIT[b]).map((name) => `${EXIT[name]}  ${EXIT_MEANINGS[name]}`),
  );
});
