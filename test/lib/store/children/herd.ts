// One of many that want the lock at argv[2]. At every line on stdin it takes the lock once, shows by an exclusive file
// that it is alone inside, and prints `alone` or `not alone`.
import {closeSync, openSync, unlinkSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {LockContender} from '../../../../src/lib/store/lock/lock-contender.js';
import {nodeIo} from '../../../../src/lib/store/file/store-io.js';
import {waitForLock} from '../../../../src/lib/store/lock/wait-for-lock.js';
import {realClock} from '../clocks.js';

const [, , path = ''] = process.argv;
const witness = `${path}.inside`;
const context = {io: nodeIo, clock: realClock, command: 'herd', version: '', foreignLimitMs: 90_000};
const quickClock = {...realClock, sleep: (ms: number) => realClock.sleep(ms / 20)};

process.stdout.write('ready\n');
for await (const _ of createInterface({input: process.stdin})) {
  const contender = new LockContender(path, context);
  const options = {file: path, clock: quickClock, timeoutMs: null};
  const isAlone = await waitForLock(contender, () => insideOnce(contender), options);
  process.stdout.write(isAlone ? 'alone\n' : 'not alone\n');
}

/** Null when the lock is held; otherwise whether nobody else was inside. */
function insideOnce(contender: LockContender): boolean | null {
  const lock = contender.try();
  if (lock === null) return null;
  try {
    closeSync(openSync(witness, 'wx'));
    // Long enough for another one to come in, if it can.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    unlinkSync(witness);
    return true;
  } catch {
    return false;
  } finally {
    lock.release();
  }
}
