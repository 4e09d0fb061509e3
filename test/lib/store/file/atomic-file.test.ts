import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {isTakenName} from '../../../../src/lib/domain/taken-name.js';
import {
  AtomicFile,
  type AtomicFileOptions,
  type CommitOutcome,
} from '../../../../src/lib/store/file/atomic-file.js';
import {useFolder} from '../store-fixture.js';

async function writeWhole(
  target: string,
  chunks: readonly string[],
  options?: AtomicFileOptions,
): Promise<CommitOutcome> {
  const file = await AtomicFile.open(target, options);
  try {
    for (const chunk of chunks) await file.append(chunk);
    return await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

const MIB = 1024 ** 2;

describe('a file that is written whole', () => {
  test('appears at the commit, with its folder, for its owner only', async () => {
    const folder = useFolder();
    const target = join(folder, 'results/deep/a.jsonl');
    const file = await AtomicFile.open(target);
    await file.append('one\n');
    await file.append(Buffer.from('two\n'));
    expect(file.sizeBytes).toBe(8);
    expect(readdirSync(join(folder, 'results/deep'))).not.toContain('a.jsonl');
    await expect(file.commit()).resolves.toBe('created');
    expect(readFileSync(target, 'utf8')).toBe('one\ntwo\n');
    expect(readdirSync(join(folder, 'results/deep'))).toEqual(['a.jsonl']);
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });

  test('can be read once no more is to come, before it is durable', async () => {
    const file = await AtomicFile.open(join(useFolder(), 'a'));
    await file.append('one\n');
    await file.endWriting();
    expect(file.writtenBytes).toBe(4);
    expect(readFileSync(file.temporaryPath, 'utf8')).toBe('one\n');
    await expect(file.commit()).resolves.toBe('created');
  });

  test('holds what was appended from memory that is used again, in order', async () => {
    const target = join(useFolder(), 'a');
    const file = await AtomicFile.open(target);
    const expected = createHash('sha256');
    const memory = Buffer.alloc(3 * MIB);
    // More than is left to the disk at once, in pieces of all sizes: rows, and more than a block.
    for (let i = 0, length = 1; file.sizeBytes < 70 * MIB; i += 1, length = (length * 7) % memory.length) {
      const piece = memory.fill(i % 256, 0, length).subarray(0, length);
      expected.update(piece);
      await file.append(piece);
    }
    await file.commit();
    const content = readFileSync(target);
    expect(content.length).toBe(file.sizeBytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(expected.digest('hex'));
  });

  test('leaves nothing when it is given up', async () => {
    const folder = useFolder();
    const file = await AtomicFile.open(join(folder, 'a'));
    await file.append('half');
    await file.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes the place of what a process that died left of it, and of nothing else', async () => {
    const folder = useFolder();
    const target = join(folder, 'a'.repeat(250));
    const file = await AtomicFile.open(target);
    const dead = file.temporaryPath.replace(/-\d+-([0-9a-f]{12}\.tmp)$/, '-1-$1');
    writeFileSync(dead, 'left over');
    const other = await AtomicFile.open(target, {besides: []});
    await other.discard();
    expect(readdirSync(folder)).toContain(basename(dead));
    const next = await AtomicFile.open(target, {besides: [basename(dead)]});
    expect(readdirSync(folder).toSorted()).toEqual(
      [file, next].map((one) => basename(one.temporaryPath)).toSorted(),
    );
    await Promise.all([file.discard(), next.discard()]);
  });

  test('never replaces another content unless told to', async () => {
    const folder = useFolder();
    const target = join(folder, 'a');
    writeFileSync(target, 'old');
    await expect(writeWhole(target, ['new'])).rejects.toMatchObject({code: 'STORAGE'});
    expect(readFileSync(target, 'utf8')).toBe('old');
    await expect(writeWhole(target, ['o', 'ld'])).resolves.toBe('unchanged');
    await expect(writeWhole(target, ['new'], {overwrite: true})).resolves.toBe('replaced');
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('takes another name when its own is taken, as whole as it was', async () => {
    const folder = useFolder();
    writeFileSync(join(folder, 'a'), 'theirs');
    mkdirSync(join(folder, 'b'));
    const file = await AtomicFile.open(join(folder, 'a'));
    await file.append('mine');
    for (const path of [file.target, join(folder, 'b')]) {
      const error: unknown = await file.commit(path).catch((cause: unknown) => cause);
      expect([isTakenName(error), error]).toEqual([true, expect.objectContaining({code: 'STORAGE'})]);
    }
    await expect(file.commit(join(folder, 'c'))).resolves.toBe('created');
    expect(readFileSync(join(folder, 'c'), 'utf8')).toBe('mine');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('theirs');
    expect(readdirSync(folder).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('takes a file that it may not read for another one', () => {
    const folder = useFolder();
    writeFileSync(join(folder, 'a'), 'theirs', {mode: 0o000});
    chmodSync(folder, 0o777);
    const lib = new URL('../../../../src/lib', import.meta.url).href;
    // In a process of somebody who is not root, who may read everything.
    const child = `
      const {AtomicFile} = await import('${lib}/store/file/atomic-file.js');
      const {isTakenName} = await import('${lib}/domain/taken-name.js');
      if (process.getuid() === 0) process.setuid(65534);
      const file = await AtomicFile.open(${JSON.stringify(join(folder, 'a'))});
      await file.append('mine');
      console.log(await file.commit().catch(isTakenName));
      await file.discard();`;
    const {stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '--eval', child], {
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['true\n', '']);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('that cannot be written is not taken for one whose name is taken', () => {
    const folder = useFolder();
    writeFileSync(join(folder, 'a'), 'theirs');
    // As on a full disk, in a process of its own. What is small is not written before the commit.
    const lib = new URL('../../../../src/lib', import.meta.url).href;
    const child = `
      const {AtomicFile} = await import('${lib}/store/file/atomic-file.js');
      const {isTakenName} = await import('${lib}/domain/taken-name.js');
      const file = await AtomicFile.open(${JSON.stringify(join(folder, 'a'))});
      await file.append('x'.repeat(10_000));
      for (const name of ['a', 'b', 'b']) {
        const error = await file.commit(${JSON.stringify(folder)} + '/' + name).catch((cause) => cause);
        console.log(error.code, isTakenName(error), error.message);
      }
      await file.discard();`;
    const limited = ['-c', 'ulimit -f 1; exec "$0" --input-type=module --eval "$1"', process.execPath, child];
    const {stdout, stderr} = spawnSync('bash', limited, {encoding: 'utf8'});
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(?:STORAGE false .*EFBIG.*\n){3}$/u);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('theirs');
  });

  test('never replaces what appeared while it was written', async () => {
    const target = join(useFolder(), 'a');
    const file = await AtomicFile.open(target);
    await file.append('mine');
    writeFileSync(target, 'theirs');
    await expect(file.commit()).rejects.toMatchObject({code: 'STORAGE'});
    await file.discard();
    expect(readFileSync(target, 'utf8')).toBe('theirs');
  });

  test('refuses a link or a folder in the place of the target', async () => {
    const folder = useFolder();
    writeFileSync(join(folder, 'victim'), 'safe');
    symlinkSync('victim', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    mkdirSync(join(folder, 'folder'));
    for (const name of ['link', 'dangling', 'folder']) {
      const attempt = writeWhole(join(folder, name), ['new'], {overwrite: true});
      await expect(attempt).rejects.toMatchObject({code: 'STORAGE'});
    }
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('safe');
    expect(readdirSync(folder).toSorted()).toEqual(['dangling', 'folder', 'link', 'victim']);
  });
});
