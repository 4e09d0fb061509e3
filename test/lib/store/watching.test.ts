import {appendFileSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../src/lib/domain/job/job-record.js';
import {nodeIo, type StoreIo} from '../../../src/lib/store/file/store-io.js';
import {addJob, recordLine} from './records.js';
import {openStore, useStore} from './store-fixture.js';

const NOW = {timeoutMs: 0};
const withState =
  (state: string) =>
  (record: JobRecord): JobRecord => ({...record, batch: {...record.batch, state}});

/** The file system, and how many bytes were read. */
class CountingReads {
  bytes = 0;
  readonly io: StoreIo = {
    ...nodeIo,
    read: (descriptor) => {
      const read = nodeIo.read(descriptor);
      this.bytes += read.length;
      return read;
    },
    readInto: (descriptor, buffer) => {
      const length = nodeIo.readInto(descriptor, buffer);
      this.bytes += length;
      return length;
    },
  };
}

describe('watching the store', () => {
  test('reads nothing again of what this process has written', async () => {
    const reads = new CountingReads();
    const {store} = useStore(recordLine('a'), {io: reads.io});
    await store.updateJobs(new Map([['batches/a', withState('JOB_STATE_RUNNING')]]));
    reads.bytes = 0;
    expect(store.glance().records[0]?.record.batch.state).toBe('JOB_STATE_RUNNING');
    expect(reads.bytes).toBe(0);
    expect(store.read().records).toEqual(store.glance().records);
  });

  test('sees what other processes write, replace and remove, and what is in the journal', async () => {
    const {store, path} = useStore(recordLine('a'));
    const names = (): string[] => store.glance().records.map(({record}) => record.batch.name);
    expect(names()).toEqual(['batches/a']);
    appendFileSync(path, recordLine('b'));
    expect(names()).toEqual(['batches/a', 'batches/b']);
    await openStore(path).withSession(NOW, async (session) => {
      addJob(session, 'c');
      expect(names()).toEqual(['batches/a', 'batches/b', 'batches/c']);
    });
    rmSync(path);
    expect(names()).toEqual([]);
  });

  test('is all that believes the time of a file: a change and a session compare its bytes', async () => {
    const {store, path} = useStore(recordLine('a'));
    const {mtimeMs} = statSync(path);
    // Whole milliseconds, which can be set again.
    utimesSync(path, new Date(mtimeMs), new Date(Math.floor(mtimeMs)));
    expect(store.glance().records).toHaveLength(1);
    const time = statSync(path).mtime;
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('/a"', '/z"'));
    utimesSync(path, time, time);
    expect(store.glance().records[0]?.record.batch.name).toBe('batches/a');
    const update = new Map([['batches/z', withState('JOB_STATE_RUNNING')]]);
    expect([...(await store.updateJobs(update))]).toEqual(['batches/z']);
    expect(store.read().records[0]?.record.batch.name).toBe('batches/z');
  });
});
