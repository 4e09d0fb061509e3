import {execFile} from 'node:child_process';
import {cp, mkdtemp, readFile, realpath, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {ROOT, runCli} from '../helpers/run-cli.js';

/** What a build reads, beside the packages. */
const SOURCES = [
  'bin',
  'oclif.manifest.json',
  'package.json',
  'scripts',
  'src',
  'tsconfig.json',
  'tsconfig.types.json',
];

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gembatch-linked-')));
  for (const name of SOURCES) await cp(join(ROOT, name), join(folder, name), {recursive: true});
  await symlink(await realpath(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
  await promisify(execFile)(process.execPath, ['scripts/build.js'], {cwd: folder});
});

afterAll(async () => {
  await rm(folder, {recursive: true, force: true});
});

test('with a linked node_modules the build has the same packages in it, and runs', async () => {
  const [linked, own] = await Promise.all(
    [folder, ROOT].map((root) => readFile(join(root, 'dist/sbom.cdx.json'), 'utf8')),
  );
  expect(linked).toBe(own);
  const bin = join(folder, 'bin/run.js');
  const args = ['estimate', 'none.jsonl', '--json'];
  const {code, json} = await runCli(args, {cwd: folder, bin});
  expect({code, answer: json()}).toEqual(await ownAnswer(args));
});

async function ownAnswer(args: readonly string[]): Promise<{code: number | null; answer: unknown}> {
  const {code, json} = await runCli(args, {cwd: folder});
  return {code, answer: json()};
}
