import {mkdirSync, readFileSync, statSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import {SkippingClock} from './clocks.js';
import {DEAD, lockText, ownerIdLike} from './owner-fixture.js';
import {addJob, intentFor, jobRecord, recordLine} from './records.js';
import {openStore, publishedNames, sideFiles, useStore} from './store-fixture.js';

const NOW = {timeoutMs: 0};

describe('a session', () => {
  test('leaves the records in the file and nothing else on the disk', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      addJob(session, 'a');
      addJob(session, 'b');
    });
    expect(publishedNames(path)).toEqual(['batches/a', 'batches/b']);
    expect(sideFiles(path)).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('shows its own jobs and those of before', async () => {
    const {store} = useStore(recordLine('old') + recordLine('copy', {input_file: 'old.jsonl'}));
    await store.withSession(NOW, async (session) => {
      addJob(session, 'new');
      expect(session.snapshot().records.map(({record, line}) => [record.input_file, line])).toEqual([
        ['old.jsonl', 1],
        ['old.jsonl', 2],
        ['new.jsonl', null],
      ]);
      expect(session.snapshot().records).toHaveLength(3);
    });
  });

  test('shows an intent as open until it is done or aborted, and removes the journal then', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      session.intend(intentFor('a'));
      expect(session.snapshot().openIntents).toEqual([intentFor('a')]);
      expect(store.read().openIntents).toEqual([intentFor('a')]);
      session.abort('a', 'refused');
      expect(session.snapshot().openIntents).toEqual([]);
    });
    expect(sideFiles(path)).toEqual([]);
  });

  test('keeps the journal while an intent is open, and the next session gets it', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      session.intend(intentFor('open'));
      addJob(session, 'a');
    });
    expect(sideFiles(path)).toEqual(['job-info.jsonl.journal']);
    expect(publishedNames(path)).toEqual(['batches/a']);
    await openStore(path).withSession(NOW, async (session) => {
      expect(session.snapshot().openIntents).toEqual([intentFor('open')]);
      session.done('open', jobRecord('open'));
    });
    expect(publishedNames(path)).toEqual(['batches/a', 'batches/open']);
    expect(sideFiles(path)).toEqual([]);
  });

  test('publishes what a dead session left in the journal, and readers see it before', async () => {
    const {store, path} = useStore(recordLine('old'));
    const journal = [
      {intent: intentFor('a')},
      {done: 'a', record: jobRecord('a', {attempt: 'a'})},
      {intent: intentFor('b')},
    ];
    writeFileSync(
      `${path}.journal`,
      `${journal.map((line) => JSON.stringify(line)).join('\n')}\n{"intent": {"atte`,
    );
    expect(store.read().records.map(({record, line}) => [record.batch.name, line])).toEqual([
      ['batches/old', 1],
      ['batches/a', null],
    ]);
    const seen: string[] = [];
    const {openIntents} = store.readEach(({batch}) => seen.push(batch.name));
    expect(seen).toEqual(['batches/old', 'batches/a']);
    expect(openIntents).toEqual(store.read().openIntents);
    await store.withSession(NOW, async (session) => {
      expect(publishedNames(path)).toEqual(['batches/old', 'batches/a']);
      expect(session.snapshot().openIntents.map(({attempt}) => attempt)).toEqual(['b']);
      session.abort('b', 'never made');
    });
    expect(sideFiles(path)).toEqual([]);
  });

  test('keeps what was done when the work fails, and passes the error on', async () => {
    const {store, path} = useStore();
    const failing = store.withSession(NOW, async (session) => {
      addJob(session, 'a');
      throw new RangeError('work failed');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(publishedNames(path)).toEqual(['batches/a']);
    expect(sideFiles(path)).toEqual([]);
  });

  test('takes no new intent once its lock is gone, and still records the job that was made', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      session.intend(intentFor('a'));
      writeFileSync(`${path}.lock`, lockText(ownerIdLike({machine: '0123456789ab'})));
      session.done('a', jobRecord('a'));
      expect(() => session.intend(intentFor('b'))).toThrow(expect.objectContaining({code: 'LOCK_LOST'}));
    });
    expect(publishedNames(path)).toEqual(['batches/a']);
    // The lock and the journal are the business of whoever has them now.
    expect(sideFiles(path)).toEqual(['job-info.jsonl.journal', 'job-info.jsonl.lock']);
  });

  test('adds a record again that another program removed from the file meanwhile', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      addJob(session, 'a');
      session.publish();
      unlinkSync(path);
      addJob(session, 'b');
    });
    expect(publishedNames(path).toSorted()).toEqual(['batches/a', 'batches/b']);
  });

  test('joins the publications of a burst when one costs much, and publishes all at the end', async () => {
    const clock = new SkippingClock();
    const {store, path} = useStore(recordLine('old'), {clock});
    let reads = 0;
    clock.monotonic = () => (reads += 50);
    await store.withSession(NOW, async (session) => {
      for (let index = 0; index < 10; index += 1) addJob(session, `n${index}`);
      expect(publishedNames(path).length).toBeLessThan(5);
      expect(store.read().records).toHaveLength(11);
      session.publish();
      expect(publishedNames(path)).toHaveLength(11);
      addJob(session, 'last');
    });
    expect(publishedNames(path)).toHaveLength(12);
  });
});

describe('waiting for a session', () => {
  test('serialises the sessions of several stores on one file', async () => {
    const {store, path} = useStore();
    const stores = [store, openStore(path), openStore(path)];
    let inside = 0;
    await Promise.all(
      stores.map((one, index) =>
        one.withSession({timeoutMs: null}, async (session) => {
          expect((inside += 1)).toBe(1);
          expect(session.snapshot().records.length).toBe(publishedCount(path));
          addJob(session, `job${index}`);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        }),
      ),
    );
    expect(publishedNames(path)).toHaveLength(3);
  });

  test('ends with LOCKED after the time-out and names the holder', async () => {
    const {store, path} = useStore(null, {clock: new SkippingClock()});
    writeFileSync(`${path}.lock`, lockText(ownerIdLike({}), {command: 'gembatch submit', user: 'ann'}));
    const waits: [string | undefined, number][] = [];
    const onWait = (holder: {command: string} | null, waitedMs: number): void => {
      waits.push([holder?.command, Math.floor(waitedMs / 1_000)]);
      if (waits.length === 2)
        writeFileSync(`${path}.lock`, lockText(ownerIdLike({}), {command: 'gembatch run', user: 'ann'}));
    };
    await expect(store.withSession({timeoutMs: 70_000, onWait}, async () => 1)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(/gembatch run \(pid 4711, ann on build-3\), since 2026-01-31T08:00:00/),
      details: {pid: 4711, user: 'ann', host: 'build-3', state: 'alive'},
    });
    // After a second, when the holder is silent, and when it is another one; else twice a minute.
    const silentAfter = 15;
    expect(waits.slice(0, 3)).toEqual([
      ['gembatch submit', 1],
      ['gembatch submit', silentAfter],
      ['gembatch run', silentAfter],
    ]);
    expect(waits.length).toBeLessThanOrEqual(6);
  });

  test('ends with INTERRUPTED when the signal comes', async () => {
    const {store, path} = useStore();
    writeFileSync(`${path}.lock`, lockText(ownerIdLike({})));
    const waiting = store.withSession({timeoutMs: null, signal: AbortSignal.timeout(60)}, async () => 1);
    await expect(waiting).rejects.toMatchObject({code: 'INTERRUPTED'});
  });

  test('is not needed when the holder is dead', async () => {
    const {store, path} = useStore();
    writeFileSync(`${path}.lock`, lockText(ownerIdLike(DEAD)));
    await expect(store.withSession(NOW, async () => 'in')).resolves.toBe('in');
  });

  test('is what trySession does not do', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async () => {
      const attempt = await openStore(path).trySession(async () => 'in');
      expect(attempt).toMatchObject({held: false, holder: {command: 'gembatch test', pid: process.pid}});
    });
    await expect(store.trySession(async () => 'in')).resolves.toEqual({held: true, value: 'in'});
  });
});

describe('trying for a session again and again', () => {
  test('outlasts a holder that died on another host', async () => {
    const clock = new SkippingClock();
    const {store, path} = useStore(null, {clock});
    writeFileSync(`${path}.lock`, lockText(ownerIdLike({machine: '0123456789ab'})));
    const outcomes = [];
    for (let round = 0; round < 20; round += 1) {
      outcomes.push((await store.trySession(async () => 'in')).held);
      clock.ms += 30_000;
    }
    expect(outcomes.slice(0, 3)).toEqual([false, false, false]);
    expect(outcomes.at(-1)).toBe(true);
  });
});

describe('what processes left that died', () => {
  test('is gone after the next session, locks that nobody wanted since too', async () => {
    const {store, path} = useStore();
    const dead = ownerIdLike(DEAD);
    for (const lock of ['.tmp', '.lock.break', '.lock.break.break'])
      writeFileSync(path + lock, lockText(dead));
    writeFileSync(`${path}.${dead}.tmp`, 'half');
    await store.withSession(NOW, async () => null);
    expect(sideFiles(path)).toEqual([]);
  });

  test('is gone also where it died before its lock had a name', async () => {
    const {store, path} = useStore();
    writeFileSync(`${path}.tmp.${ownerIdLike(DEAD)}`, '');
    writeFileSync(`${path}.tmp`, '');
    await store.withSession(NOW, async () => null);
    expect(sideFiles(path)).toEqual([]);
  });

  test('does not include the lock of the Python tool, however long it stands', async () => {
    const clock = new SkippingClock();
    const {store, path} = useStore(recordLine('old'), {clock});
    writeFileSync(`${path}.tmp`, '');
    await expect(store.withSession({timeoutMs: 3_600_000}, async () => null)).rejects.toMatchObject({
      code: 'LOCKED',
    });
    expect(sideFiles(path)).toEqual(['job-info.jsonl.tmp']);
  });

  test('includes that of a tool that ran before the machine was started, unless it holds records', async () => {
    for (const content of ['', recordLine('new')]) {
      const {store, path} = useStore(recordLine('old'), {clock: new SkippingClock()});
      writeFileSync(`${path}.tmp`, content);
      // A whole second would be taken for the time of a file system that keeps no others, which is looked at for longer.
      utimesSync(`${path}.tmp`, 1.5, 1.5);
      const session = store.withSession({timeoutMs: 3_600_000}, async () => null);
      if (content === '') await session;
      else await expect(session).rejects.toMatchObject({code: 'LOCKED'});
      expect(sideFiles(path)).toEqual(content === '' ? [] : ['job-info.jsonl.tmp']);
    }
  });

  test('does not include the lock of a process that lives', async () => {
    const {store, path} = useStore();
    writeFileSync(`${path}.tmp`, lockText(ownerIdLike({})));
    await store.withSession(NOW, async () => null);
    expect(sideFiles(path)).toEqual(['job-info.jsonl.tmp']);
  });
});

describe('reading', () => {
  test('of a file that cannot be read fails; it is never empty', async () => {
    const {store, path} = useStore();
    mkdirSync(path);
    expect(() => store.read()).toThrow(expect.objectContaining({code: 'STORAGE'}));
    await expect(store.withSession(NOW, async () => 1)).rejects.toMatchObject({code: 'STORAGE'});
    expect(sideFiles(path)).toEqual([]);
  });

  test('sees a record in the first instant that a session knows it', async () => {
    const {store, path} = useStore();
    await store.withSession(NOW, async (session) => {
      session.intend(intentFor('a'));
      session.done('a', jobRecord('a'));
      expect(openStore(path).read()).toMatchObject({records: [{record: {attempt: 'a'}}], openIntents: []});
    });
    expect(readFileSync(path, 'utf8')).toBe(recordLine('a', {attempt: 'a'}));
  });
});

function publishedCount(path: string): number {
  try {
    return publishedNames(path).length;
  } catch {
    return 0;
  }
}
