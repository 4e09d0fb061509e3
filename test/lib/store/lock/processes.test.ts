import {execFile, spawn} from 'node:child_process';
import type {ChildProcessByStdio} from 'node:child_process';
import {renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {afterEach, expect, test} from '@jest/globals';
import {DEAD, lockText, ownerIdLike} from '../owner-fixture.js';
import {addJob, jobRecord, recordLine} from '../records.js';
import {openStore, publishedNames, sideFiles, useFolder, useStore} from '../store-fixture.js';

const script = (name: string): string => fileURLToPath(new URL(`../children/${name}.js`, import.meta.url));
const run = (name: string, ...args: string[]): Promise<unknown> =>
  promisify(execFile)(process.execPath, [script(name), ...args]);

const herd: ChildProcessByStdio<Writable, Readable, null>[] = [];
afterEach(() => {
  for (const member of herd.splice(0)) member.kill('SIGKILL');
});

/** Starts members of a herd; the function it returns gives each of them a line and resolves to their answers. */
async function startHerd(path: string, size: number): Promise<() => Promise<string[]>> {
  const answers = Array.from({length: size}, () => {
    const member = spawn(process.execPath, [script('herd'), path], {stdio: ['pipe', 'pipe', 'inherit']});
    herd.push(member);
    return createInterface({input: member.stdout})[Symbol.asyncIterator]();
  });
  const next = async (): Promise<string[]> =>
    Promise.all(answers.map(async (lines) => String((await lines.next()).value)));
  await next();
  return () => {
    for (const member of herd) member.stdin.write('go\n');
    return next();
  };
}

// Sixteen processes have to start first.
test('of sixteen processes that meet a dead lock, never two hold it at once', async () => {
  const path = join(useFolder(), 'a.lock');
  const round = await startHerd(path, 16);
  const answers: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    const id = ownerIdLike(DEAD);
    // Every other lock has no name, as of a process that died while it made it.
    const hasName = index % 2 === 0;
    if (!hasName) writeFileSync(`${path}.${id}`, '');
    writeFileSync(`${path}.prepared`, hasName ? lockText(id) : '');
    renameSync(`${path}.prepared`, path);
    answers.push(...(await round()));
  }
  expect(answers.filter((answer) => answer !== 'alone')).toEqual([]);
  expect(answers).toHaveLength(320);
});

// Two processes update while this one submits.
test('updates of other processes and a session lose nothing of each other', async () => {
  const {store, path} = useStore(recordLine('a') + recordLine('b', {count: 0}));
  const updaters = [
    run('update-counts', path, '40', 'batches/a', 'batches/b'),
    run('update-counts', path, '40', 'batches/b'),
  ];
  let isOver = false;
  const updated = Promise.all(updaters).then(() => (isOver = true));
  let jobs = 0;
  await store.withSession({timeoutMs: 0}, async (session) => {
    while (!isOver && jobs < 200) {
      addJob(session, `n${(jobs += 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  await updated;
  const records = store.read().records.map(({record}) => record);
  expect(records).toHaveLength(2 + jobs);
  expect(records.slice(0, 2).map(({count}) => count)).toEqual([(jobRecord('a').count ?? 0) + 40, 80]);
  expect(sideFiles(path)).toEqual([]);
});

// Three processes take turns.
test('sessions of several processes add all their jobs, and readers never see half a file', async () => {
  const {path} = useStore(recordLine('old'));
  const adding = Promise.all(['x', 'y', 'z'].map((prefix) => run('add-jobs', path, prefix, '8')));
  let isOver = false;
  const added = adding.then(() => (isOver = true));
  let seen = 0;
  while (!isOver) {
    const {records, problems} = openStore(path).read();
    expect(problems).toEqual([]);
    expect(records.length).toBeGreaterThanOrEqual(seen);
    seen = records.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await added;
  expect(new Set(publishedNames(path)).size).toBe(25);
  expect(sideFiles(path)).toEqual([]);
});
