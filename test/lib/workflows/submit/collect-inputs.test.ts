import {realpathSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {collectInputs, collectRequestFiles} from '../../../../src/lib/workflows/submit/collect-inputs.js';
import {tempDir} from '../../../helpers/temp-dir.js';

async function folderWith(...names: string[]): Promise<string> {
  const folder = await tempDir();
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), {recursive: true});
    await writeFile(join(folder, name), '');
  }
  return folder;
}

function identify(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

async function names(cwd: string, ...args: string[]): Promise<string[]> {
  const inputs = await collectInputs(args, {cwd, identify});
  for (const {path, name} of inputs) expect([path, name]).toContain(path.endsWith(name) ? name : path);
  return inputs.map(({name}) => name);
}

describe('collectRequestFiles', () => {
  test('takes the request files of a folder, not those below it, and no job-info file', async () => {
    const cwd = await folderWith(
      'b/10.jsonl',
      'b/9.jsonl',
      'b/job-info.jsonl',
      'b/own.jsonl',
      'b/x.txt',
      'b/results/9.jsonl',
    );
    const store = {inputName: identify, isOwnFile: (path: string) => path.endsWith('own.jsonl')};
    const taken = await collectRequestFiles(['b/', 'x.jsonl'], store, cwd);
    expect(taken.map(({name}) => name)).toEqual(['b/9.jsonl', 'b/10.jsonl', 'x.jsonl']);
    expect((await collectRequestFiles(['b/results/..', '.'], store, cwd)).map(({name}) => name)).toEqual([
      'b/9.jsonl',
      'b/10.jsonl',
      '.',
    ]);
  });
});

describe('collectInputs', () => {
  test('keeps the order of the arguments and sorts what a pattern finds as people do', async () => {
    const cwd = await folderWith('10.jsonl', '9.jsonl', 'b.jsonl', 'a.json', 'sub/1.jsonl');
    expect(await names(cwd, 'b.jsonl', '*.jsonl')).toEqual(['b.jsonl', '9.jsonl', '10.jsonl']);
    expect(await names(cwd, '**/{1,9}.jsonl', './a.json')).toEqual(['9.jsonl', 'sub/1.jsonl', './a.json']);
    expect(await names(cwd, '[0-8].jsonl', '?.jsonl')).toEqual(['[0-8].jsonl', '9.jsonl', 'b.jsonl']);
  });

  test('takes a file once, however it is named', async () => {
    const cwd = await folderWith('a.jsonl', 'sub/b.jsonl');
    await symlink('a.jsonl', join(cwd, 'link.jsonl'));
    const args = ['./a.jsonl', 'a.jsonl', 'sub/../a.jsonl', join(cwd, 'a.jsonl'), '*.jsonl', 'link.jsonl'];
    expect(await names(cwd, ...args)).toEqual(['./a.jsonl']);
  });

  test('takes a name that exists as it is, with glob characters too', async () => {
    const cwd = await folderWith('[1].jsonl', '1.jsonl');
    expect(await names(cwd, '[1].jsonl')).toEqual(['[1].jsonl']);
  });

  test('finds files by absolute patterns and by patterns that lead outside', async () => {
    const cwd = await folderWith('a.jsonl', 'sub/b.jsonl');
    expect(await names(cwd, `${cwd}/*.jsonl`)).toEqual([join(cwd, 'a.jsonl')]);
    expect(await names(join(cwd, 'sub'), '../*.jsonl')).toEqual(['../a.jsonl']);
  });

  test('leaves out folders and hidden files', async () => {
    const cwd = await folderWith('a.jsonl', '.hidden.jsonl', 'folder.jsonl/x');
    expect(await names(cwd, '*.jsonl')).toEqual(['a.jsonl']);
  });

  test('keeps what is not there, for whoever reads it to fail on', async () => {
    const cwd = await folderWith();
    expect(await collectInputs(['none.jsonl', '*.jsonl'], {cwd, identify})).toEqual([
      {index: 1, path: join(cwd, 'none.jsonl'), name: 'none.jsonl', inputFile: join(cwd, 'none.jsonl')},
      {index: 2, path: join(cwd, '*.jsonl'), name: '*.jsonl', inputFile: join(cwd, '*.jsonl')},
    ]);
  });
});
