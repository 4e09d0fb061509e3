import {appendFileSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {foldJournal, Journal} from '../../../src/lib/store/journal.js';
import {nodeIo} from '../../../src/lib/store/file/store-io.js';
import {seededRandom} from '../../helpers/seeded-random.js';
import {intentFor, jobRecord} from './records.js';
import {useFolder} from './store-fixture.js';

function useJournal(): {journal: Journal; path: string} {
  const path = join(useFolder(), 'job-info.jsonl.journal');
  return {journal: new Journal(nodeIo, path), path};
}

test('a journal tells intents, jobs and aborts, and a job outweighs an abort', () => {
  const {journal} = useJournal();
  expect(journal.read().exists).toBe(false);
  journal.append({intent: intentFor('a')});
  journal.append({intent: intentFor('b')});
  journal.append({abort: 'a', reason: 'refused'});
  journal.append({done: 'b', record: jobRecord('b')});
  const state = journal.read();
  expect([...state.intents.values()]).toEqual([intentFor('a'), intentFor('b')]);
  expect([...state.done]).toEqual([['b', jobRecord('b')]]);
  expect([...state.aborted]).toEqual(['a']);
});

test('a torn line spoils only itself and stays on the disk', () => {
  const {journal, path} = useJournal();
  journal.append({intent: intentFor('a')});
  appendFileSync(path, '{"done":"a","rec');
  const next = new Journal(nodeIo, path);
  next.append({done: 'a', record: jobRecord('a')});
  expect(next.read().done.size).toBe(1);
  expect(readFileSync(path, 'utf8')).toContain('{"done":"a","rec\n{"done":"a","record"');
});

test('any damage costs at most the lines that it touches', () => {
  const random = seededRandom(7);
  const lines = Array.from({length: 20}, (_, index) => JSON.stringify({intent: intentFor(`t${index}`)}));
  const content = Buffer.from(`${lines.join('\n')}\n`);
  for (let round = 0; round < 1_000; round += 1) {
    const damaged = Buffer.from(content);
    const start = Math.floor(random() * damaged.length);
    const end = Math.min(damaged.length, start + Math.floor(random() * 300));
    damaged.fill(Math.floor(random() * 256), start, end);
    const touched = content.subarray(0, end).toString().split('\n').length;
    const before = content.subarray(0, start).toString().split('\n').length;
    const kept = foldJournal(damaged).intents.size;
    expect(kept).toBeGreaterThanOrEqual(20 - (touched - before + 1));
  }
});
