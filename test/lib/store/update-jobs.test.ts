import {chmodSync, statSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../src/lib/domain/job/job-record.js';
import {nodeIo} from '../../../src/lib/store/file/store-io.js';
import {SkippingClock} from './clocks.js';
import {lockText, ownerIdLike} from './owner-fixture.js';
import {addJob, recordLine} from './records.js';
import {openStore, sideFiles, useStore} from './store-fixture.js';

const NOW = {timeoutMs: 0};
const withState =
  (state: string) =>
  (record: JobRecord): JobRecord => ({...record, batch: {...record.batch, state}});

describe('updateJobs', () => {
  test('outlasts a holder of the commit lock that died on another host', async () => {
    const {store, path} = useStore(recordLine('a'), {clock: new SkippingClock(), foreignLimitMs: 60_000});
    writeFileSync(`${path}.tmp`, lockText(ownerIdLike({machine: '0123456789ab'})));
    const applied = await store.updateJobs(new Map([['batches/a', withState('JOB_STATE_RUNNING')]]));
    expect(applied.size).toBe(1);
  });

  test('does not outlast a holder without a name, such as the Python tool, which may submit for hours', async () => {
    const clock = new SkippingClock();
    const {store, path} = useStore(recordLine('a'), {clock});
    writeFileSync(`${path}.tmp`, '');
    const startMs = clock.monotonic();
    await expect(
      store.updateJobs(new Map([['batches/a', withState('JOB_STATE_RUNNING')]])),
    ).rejects.toMatchObject({code: 'LOCKED', message: expect.stringContaining('Python tool')});
    expect(clock.monotonic() - startMs).toBeLessThan(30_000);
  });

  test('changes existing records only, also during a session, and says which', async () => {
    const {store, path} = useStore(recordLine('a') + recordLine('b'));
    await store.withSession(NOW, async (session) => {
      const running = withState('JOB_STATE_RUNNING');
      const applied = await openStore(path).updateJobs(
        new Map([
          ['batches/b', running],
          ['batches/none', running],
        ]),
      );
      expect([...applied]).toEqual(['batches/b']);
      addJob(session, 'c');
    });
    expect(store.read().records.map(({record}) => record.batch.state)).toEqual([
      'JOB_STATE_PENDING',
      'JOB_STATE_RUNNING',
      'JOB_STATE_PENDING',
    ]);
  });

  test('never puts another state over a final one', async () => {
    const {store} = useStore(recordLine('a'));
    const update = (state: string): Promise<ReadonlySet<string>> =>
      store.updateJobs(new Map([['batches/a', withState(state)]]));
    expect((await update('JOB_STATE_SUCCEEDED')).size).toBe(1);
    expect((await update('JOB_STATE_RUNNING')).size).toBe(0);
    expect(store.read().records[0]?.record.batch.state).toBe('JOB_STATE_SUCCEEDED');
    expect((await update('JOB_STATE_CANCELLED')).size).toBe(1);
  });

  test('writes nothing when nothing changes, and nothing when the change fails', async () => {
    const {store, path} = useStore(recordLine('a'));
    const before = statSync(path).ino;
    await store.updateJobs(new Map([['batches/a', (record) => ({...record})]]));
    const failing = store.updateJobs(
      new Map([
        [
          'batches/a',
          (): JobRecord => {
            throw new RangeError('no');
          },
        ],
      ]),
    );
    await expect(failing).rejects.toThrow(RangeError);
    expect(statSync(path).ino).toBe(before);
    expect(sideFiles(path)).toEqual([]);
  });

  test('joins changes that are asked for meanwhile into one commit, each in its turn', async () => {
    let commits = 0;
    const rename = (from: string, to: string): void => {
      commits += 1;
      nodeIo.rename(from, to);
    };
    const {store} = useStore(recordLine('a') + recordLine('b'), {io: {...nodeIo, rename}});
    const counted = (record: JobRecord): JobRecord => ({...record, count: (record.count ?? 0) + 1});
    const before = store.read().records[0]?.record.count ?? 0;
    const names = Array.from({length: 40}, (_, i) => (i % 2 === 0 ? 'batches/a' : 'batches/none'));
    const applied = await Promise.all(names.map((name) => store.updateJobs(new Map([[name, counted]]))));
    expect(applied.map(({size}) => size)).toEqual(names.map((name) => (name === 'batches/a' ? 1 : 0)));
    expect(store.read().records[0]?.record.count).toBe(before + 20);
    expect(commits).toBeLessThanOrEqual(2);
  });

  test('keeps the mode of the file', async () => {
    const {store, path} = useStore(recordLine('a'));
    chmodSync(path, 0o640);
    await store.updateJobs(new Map([['batches/a', withState('JOB_STATE_RUNNING')]]));
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});
