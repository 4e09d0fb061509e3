import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import type {HeldLock} from '../../../../src/lib/store/lock/held-lock.js';
import {livenessOf} from '../../../../src/lib/store/lock/liveness.js';
import {LockContender} from '../../../../src/lib/store/lock/lock-contender.js';
import type {LockContext} from '../../../../src/lib/store/lock/lock-contender.js';
import {ownProcess} from '../../../../src/lib/store/lock/owner-id.js';
import {startTimeOf} from '../../../../src/lib/store/lock/process-status.js';
import {nodeIo} from '../../../../src/lib/store/file/store-io.js';
import type {StoreIo} from '../../../../src/lib/store/file/store-io.js';
import {SkippingClock} from '../clocks.js';
import {DEAD, lockText, ownerIdLike} from '../owner-fixture.js';
import {useFolder} from '../store-fixture.js';
import {steppedIo, systemError} from '../faulty-io.js';
import {until} from '../../../helpers/until.js';

const onLinux = process.platform === 'linux' ? test : test.skip;
const FOREIGN = {machine: '0123456789ab'};
const FOREIGN_LIMIT_MS = 90_000;

interface Fixture {
  path: string;
  clock: SkippingClock;
  contender: LockContender;
  context: LockContext;
}

function useLock(changes: Partial<LockContext> = {}): Fixture {
  const path = join(useFolder(), 'job-info.jsonl.lock');
  const clock = new SkippingClock();
  const context = {
    io: nodeIo,
    clock,
    command: 'gembatch test',
    version: '1',
    foreignLimitMs: FOREIGN_LIMIT_MS,
    ...changes,
  };
  return {path, clock, context, contender: new LockContender(path, context)};
}

/** Tries until the lock is held or the clock of the waiter has moved that far. */
function tryFor(
  {contender, clock}: Fixture,
  ms: number,
  between: () => void = () => undefined,
): HeldLock | null {
  for (const endMs = clock.ms + ms; clock.ms <= endMs; clock.ms += 1_000) {
    const held = contender.try();
    if (held) return held;
    between();
  }
  return null;
}

/** Tries for a while in real time. */
async function tryRepeatedly({contender}: Fixture, times = 6): Promise<HeldLock | null> {
  for (let round = 0; round < times; round += 1) {
    const held = contender.try();
    if (held) return held;
    await delay(15);
  }
  return null;
}

describe('a process', () => {
  test('is alive, dead, of another boot, foreign or unknown by what the system says of it', () => {
    const gone = spawnSync(process.execPath, ['--version']).pid;
    const table = [
      [{}, 'alive'],
      [{pid: gone}, 'dead'],
      [DEAD, 'dead'],
      [{boot: '00000000'}, 'other-boot'],
      [FOREIGN, 'foreign'],
      [{...FOREIGN, boot: '00000000'}, 'foreign'],
      [{pidNamespace: '1'}, 'foreign'],
      [{pidNamespace: '1', boot: '00000000'}, 'other-boot'],
      [{startTime: '0'}, 'unknown'],
    ] as const;
    const self = ownProcess();
    expect(table.map(([changes]) => livenessOf({...self, ...changes}))).toEqual(
      table.map(([, state]) => state),
    );
  });

  onLinux('that is dead and only waits for its parent counts as dead', async () => {
    // The shell starts a child and becomes a program that never asks for it; only then the child ends.
    const child = 'until grep -q sleep /proc/$$/comm; do :; done';
    const parent = spawn('sh', ['-c', `(${child}) & echo $!; exec sleep 60`]);
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const startTime = startTimeOf(pid) ?? '';
    await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
    expect(livenessOf({...ownProcess(), pid, startTime})).toBe('dead');
    parent.kill();
  });

  onLinux('of another user counts by its start like any other', () => {
    if (process.getuid?.() !== 0) return;
    const {href: module} = new URL('../../../../src/lib/store/lock/', import.meta.url);
    const script = `
      const {ownProcess} = await import('${module}owner-id.js');
      const {livenessOf} = await import('${module}liveness.js');
      process.setuid(65534);
      const pid = ${process.pid};
      const states = ['${ownProcess().startTime}', '1'].map((startTime) => livenessOf({...ownProcess(), pid, startTime}));
      console.log(states.join());`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'});
    expect(child.stdout.trim()).toBe('alive,dead');
  });
});

describe('a lock', () => {
  test('names its holder, excludes others, and leaves nothing when it is given back', () => {
    const fixture = useLock();
    const held = fixture.contender.try();
    const other = new LockContender(fixture.path, fixture.context);
    expect(other.try()).toBeNull();
    expect(other.holder).toMatchObject({command: 'gembatch test', pid: process.pid, state: 'alive'});
    expect(held?.isOurs()).toBe(true);
    held?.release();
    expect(readdirSync(join(fixture.path, '..'))).toEqual([]);
  });

  test('of a dead owner is taken at the first try', () => {
    const fixture = useLock();
    writeFileSync(fixture.path, lockText(ownerIdLike(DEAD)));
    expect(fixture.contender.try()).not.toBeNull();
  });

  test('is taken though several breakers died one after the other', () => {
    const fixture = useLock();
    for (const suffix of ['', '.break', '.break.break']) {
      writeFileSync(fixture.path + suffix, lockText(ownerIdLike(DEAD)));
    }
    const held = fixture.contender.try();
    expect(readdirSync(join(fixture.path, '..'))).toEqual(['job-info.jsonl.lock']);
    expect(held?.isOurs()).toBe(true);
  });

  test('on another host is taken only after the whole limit without a sign of life', () => {
    const fixture = useLock();
    writeFileSync(fixture.path, lockText(ownerIdLike(FOREIGN)));
    expect(tryFor(fixture, FOREIGN_LIMIT_MS - 1_000)).toBeNull();
    expect(fixture.contender.holder).toMatchObject({state: 'foreign', silentMs: FOREIGN_LIMIT_MS - 1_000});
    expect(tryFor(fixture, 1_000)).not.toBeNull();
  });

  test('on another host that gives signs of life is never taken', () => {
    const fixture = useLock();
    writeFileSync(fixture.path, lockText(ownerIdLike(FOREIGN)));
    let beat = 1;
    const held = tryFor(fixture, FOREIGN_LIMIT_MS * 3, () => {
      beat += 1;
      if (beat % 60 === 0) utimesSync(fixture.path, beat, beat);
    });
    expect(held).toBeNull();
  });

  test('from before a restart of the machine is taken after three missed signs of life', () => {
    const fixture = useLock();
    writeFileSync(fixture.path, lockText(ownerIdLike({boot: '00000000'})));
    utimesSync(fixture.path, 1, 1);
    expect(tryFor(fixture, 14_000)).toBeNull();
    expect(tryFor(fixture, 2_000)).not.toBeNull();
  });

  test('of a copy of this machine is taken only after the whole limit, and never while it gives signs of life', () => {
    const silent = useLock();
    writeFileSync(silent.path, lockText(ownerIdLike({boot: '00000000'})));
    expect(tryFor(silent, FOREIGN_LIMIT_MS - 1_000)).toBeNull();
    expect(silent.contender.holder).toMatchObject({state: 'foreign'});
    expect(tryFor(silent, 1_000)).not.toBeNull();

    const living = useLock();
    writeFileSync(living.path, lockText(ownerIdLike({boot: '00000000'})));
    let beat = 1;
    const beating = (): void => {
      // Its clock is far behind: each sign of life seems to be from before this machine was started.
      if ((beat += 1) % 5 === 0) utimesSync(living.path, beat, beat);
    };
    expect(tryFor(living, FOREIGN_LIMIT_MS * 3, beating)).toBeNull();
  });

  test('does not depend on anybody’s wall clock', () => {
    for (const hours of [-1, 1]) {
      const fixture = useLock();
      fixture.clock.epochMs = Date.now() + hours * 3_600_000;
      writeFileSync(fixture.path, lockText(ownerIdLike({}), {startedAt: '1999-01-01T00:00:00.000Z'}));
      utimesSync(fixture.path, 1, 1);
      expect(tryFor(fixture, FOREIGN_LIMIT_MS * 2)).toBeNull();
    }
  });

  test('without a name is taken when the one who announced it is dead', async () => {
    const fixture = useLock();
    writeFileSync(fixture.path, '');
    writeFileSync(`${fixture.path}.${ownerIdLike(DEAD)}`, '');
    expect(fixture.contender.try()).toBeNull();
    expect(await tryRepeatedly(fixture)).not.toBeNull();
  });

  test('without a name is left alone while an claimant lives', async () => {
    const fixture = useLock();
    writeFileSync(fixture.path, '');
    writeFileSync(`${fixture.path}.${ownerIdLike(DEAD)}`, '');
    writeFileSync(`${fixture.path}.${ownerIdLike({})}`, '');
    expect(await tryRepeatedly(fixture)).toBeNull();
    expect(tryFor(fixture, FOREIGN_LIMIT_MS * 2)).toBeNull();
  });

  test('that nobody announced, as of another program, is taken only after the whole limit', async () => {
    const fixture = useLock();
    writeFileSync(fixture.path, '');
    const old = `${fixture.path}.${ownerIdLike(DEAD)}`;
    writeFileSync(old, '');
    utimesSync(old, 1, 1);
    expect(await tryRepeatedly(fixture)).toBeNull();
    expect(tryFor(fixture, FOREIGN_LIMIT_MS - 5_000)).toBeNull();
    expect(tryFor(fixture, 10_000)).not.toBeNull();
  });

  test('with half an owner line counts as one without a name', async () => {
    const fixture = useLock();
    const id = ownerIdLike(DEAD);
    writeFileSync(fixture.path, lockText(id).slice(0, 40));
    writeFileSync(`${fixture.path}.${id}`, '');
    expect(await tryRepeatedly(fixture)).not.toBeNull();
  });

  test('that was lost is left to the one who has it now', () => {
    const fixture = useLock();
    const held = fixture.contender.try();
    const theirs = lockText(ownerIdLike(FOREIGN));
    writeFileSync(fixture.path, theirs);
    expect(held?.isOurs()).toBe(false);
    held?.release();
    expect(readFileSync(fixture.path, 'utf8')).toBe(theirs);
  });

  test('that could not be removed is removed by the next try of the same process', () => {
    let isBroken = true;
    const io = steppedIo((_, operation, [path]) => {
      if (isBroken && operation === 'unlink' && String(path).endsWith('.lock')) throw systemError('EIO');
    });
    const fixture = useLock({io});
    const held = fixture.contender.try();
    expect(() => held?.release()).toThrow(expect.objectContaining({code: 'STORAGE'}));
    isBroken = false;
    expect(fixture.contender.try()).not.toBeNull();
  });

  test('whose owner line cannot be written is taken back', () => {
    const io = steppedIo((_, operation) => {
      if (operation === 'write') throw systemError('ENOSPC');
    });
    const fixture = useLock({io});
    expect(() => fixture.contender.try()).toThrow(expect.objectContaining({code: 'STORAGE'}));
    expect(readdirSync(join(fixture.path, '..'))).toEqual([]);
  });

  test('is made again where Windows is still deleting the one before, and fails where it is forbidden', () => {
    const refusing = (times: number, isWindows: boolean): StoreIo => {
      let refusals = times;
      return steppedIo(
        (_, operation) => {
          if (operation === 'lock' && (refusals -= 1) >= 0) throw systemError('EPERM');
        },
        {...nodeIo, isWindows},
      );
    };
    const windows = useLock({io: refusing(3, true)});
    expect([1, 2, 3, 4].map(() => windows.contender.try() !== null)).toEqual([false, false, false, true]);
    const posix = useLock({io: refusing(1, false)});
    expect(() => posix.contender.try()).toThrow(expect.objectContaining({code: 'STORAGE'}));
  });
});

describe('a process that ends', () => {
  const child = fileURLToPath(new URL('../children/hold-lock.js', import.meta.url));

  test.each([
    ['by itself', [], true],
    ['by an error', ['throw'], true],
    ['after it lost its lock', ['lose'], false],
  ])('%s gives back its own lock only', (_, args, isGone) => {
    const path = join(useFolder(), 'a.lock');
    spawnSync(process.execPath, [child, path, ...args]);
    expect(existsSync(path)).toBe(!isGone);
  });

  onLinux('by a signal leaves its lock to the next, who takes it at once', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const fixture = useLock();
      const holder = spawn(process.execPath, [child, fixture.path, 'wait'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      expect(fixture.contender.try()).toBeNull();
      holder.kill(signal);
      await new Promise((resolve) => holder.once('exit', resolve));
      expect(existsSync(fixture.path)).toBe(true);
      expect(fixture.contender.try()).not.toBeNull();
    }
  });
});
