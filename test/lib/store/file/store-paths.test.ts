import {linkSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {ownerIdLike} from '../owner-fixture.js';
import {addJob, recordLine} from '../records.js';
import {openStore, publishedNames, useFolder, useStore} from '../store-fixture.js';

const NOW = {timeoutMs: 0};

describe('paths', () => {
  test('go through links to one real file, which may not exist yet where none is a link itself', async () => {
    const folder = useFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'alias'));
    symlinkSync('real/jobs.jsonl', join(folder, 'link.jsonl'));
    expect(() => openStore(join(folder, 'link.jsonl'))).toThrow('is no job-info file');
    expect(openStore(join(folder, 'alias/jobs.jsonl')).path).toBe(join(folder, 'real/jobs.jsonl'));
    writeFileSync(join(folder, 'real/jobs.jsonl'), `${recordLine('first')}\n`);
    const stores = ['real/jobs.jsonl', 'alias/jobs.jsonl', 'link.jsonl'].map((name) =>
      openStore(join(folder, name)),
    );
    expect(new Set(stores.map(({path}) => path))).toEqual(new Set([join(folder, 'real/jobs.jsonl')]));
    await stores[2]?.withSession(NOW, async (session) => addJob(session, 'a'));
    expect(publishedNames(join(folder, 'real/jobs.jsonl'))).toEqual(['batches/first', 'batches/a']);
  });

  test('without a folder, or to something that is no file, are refused', () => {
    const folder = useFolder();
    symlinkSync('loop', join(folder, 'loop'));
    for (const name of ['missing/job-info.jsonl', '.', 'loop']) {
      expect(() => openStore(join(folder, name))).toThrow(expect.objectContaining({code: 'STORAGE'}));
    }
  });

  test('of one input have one name, however they are spelled', () => {
    const {store, folder} = useStore();
    mkdirSync(join(folder, 'in'));
    symlinkSync(join(folder, 'in'), join(folder, 'also'));
    writeFileSync(join(folder, 'in/a.jsonl'), '');
    const spellings = ['in/a.jsonl', './in/../in/a.jsonl', 'also/a.jsonl'].map((name) => join(folder, name));
    spellings.push(relative(process.cwd(), join(folder, 'in/a.jsonl')));
    expect(new Set(spellings.map((name) => store.inputName(name)))).toEqual(new Set(['in/a.jsonl']));
    expect(store.inputName(join(folder, 'also/gone/b.jsonl'))).toBe('in/gone/b.jsonl');
    expect(store.inputName(join(folder, '..b.jsonl'))).toBe('..b.jsonl');
    expect(store.inputName('/elsewhere/a.jsonl')).toBe('/elsewhere/a.jsonl');
    expect(store.resolveInput('in/a.jsonl')).toBe(join(folder, 'in/a.jsonl'));
  });

  test('to the file itself and what is beside it are known as own files', () => {
    const {store, path, folder} = useStore(recordLine('a'));
    symlinkSync(path, join(folder, 'link.jsonl'));
    linkSync(path, join(folder, 'hard.jsonl'));
    const own = ['', '.lock', '.tmp', '.lock.break', '.journal', `.${ownerIdLike({})}.tmp`];
    expect(own.filter((suffix) => !store.isOwnFile(path + suffix))).toEqual([]);
    expect(['link.jsonl', 'hard.jsonl'].every((name) => store.isOwnFile(join(folder, name)))).toBe(true);
    expect(['a.jsonl', 'job-info.jsonl.bak.jsonl'].some((name) => store.isOwnFile(join(folder, name)))).toBe(
      false,
    );
  });
});
