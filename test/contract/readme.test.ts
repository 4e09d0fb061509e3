import {cp, mkdir, readFile, symlink} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parse} from 'csv-parse/sync';
import {BIN, FAST_CLOCK, ROOT, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');

test('the session of the README runs as written, in a pipe, to a table with each answer', async () => {
  const [, session = ''] = /^## A session$[^]*?^```sh\n([^]*?)^```$/mu.exec(readme) ?? [];
  expect(session.trim().split('\n')).toHaveLength(6);
  const cwd = await tempDir();
  await cp(join(ROOT, 'examples'), join(cwd, 'examples'), {recursive: true});
  await mkdir(join(cwd, 'bin'));
  await symlink(BIN, join(cwd, 'bin/gembatch'));
  const {code, stdout, stderr} = await runCli(
    ['emulator', 'exec', '--speed', '60', '--paid', '--', 'sh', '-e'],
    {
      cwd,
      input: session,
      env: {
        PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`,
        NODE_OPTIONS: FAST_CLOCK.join(' '),
        GEMBATCH_TEST_SPEED: '20',
      },
    },
  );
  expect({code, stderr}).toEqual({
    code: 0,
    stderr: expect.stringContaining('Batch jobs that would have been paid for: 1\n'),
  });
  expect(stdout).toContain('answers.csv');
  const rows: object[] = parse(await readFile(join(cwd, 'answers.csv')), {columns: true, bom: true});
  expect(rows).toHaveLength(10);
  expect(Object.keys(rows[0] ?? {}).slice(0, 4)).toEqual(['id', 'product', 'stars', 'review']);
  const own = {id: 'r01', product: 'Kettle', stars: '5', review: expect.stringMatching(/^Boils in two/u)};
  expect(rows[0]).toMatchObject({...own, key: 'r01', outcome: 'ok', answer: expect.stringMatching(/./u)});
});

test('the README fits 250 lines, and what it links is there and in the package', async () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(250);
  const links = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)/gu), ([, path = '']) => path);
  expect(links.length).toBeGreaterThan(5);
  await Promise.all(links.map((path) => readFile(join(ROOT, path))));
  const {files} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {files: string[]};
  const isPacked = (path: string) => files.some((name) => path === name || path.startsWith(`${name}/`));
  expect(links.filter((path) => !isPacked(path))).toEqual([]);
});
