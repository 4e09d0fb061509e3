// One of many that want a lock; argv[2] holds `ContendOptions`. At every number on stdin it takes the lock so many times,
// and prints `done` with the number of file operations that its locks have done so far. Inside it shows with a witness that
// it is alone, adds one to a counter, and notes both in the log. At `stop` it takes the lock once, prints `stopped` and
// stops inside.
import {appendFileSync, readFileSync, renameSync, writeFileSync, writeSync} from 'node:fs';
import {createInterface} from 'node:readline';
import type {HeldLock} from '../../../src/lib/store/lock/held-lock.js';
import type {LockContender} from '../../../src/lib/store/lock/lock-contender.js';
import {realClock} from '../../lib/store/clocks.js';
import {steppedIo} from '../../lib/store/faulty-io.js';
import type {ContendOptions} from '../support/contender.js';
import {storeModules} from './store-modules.js';
import {enterAlone} from './witness.js';

const options: ContendOptions = JSON.parse(process.argv[2] ?? '');
const {src, path, name, haste = 20} = options;
const {LockContender: Contender, waitForLock, nodeIo} = await storeModules(src);

let steps = 0;
const io = steppedIo((step, operation, [target, detail]) => {
  steps = step;
  if (step !== options.killAtStep) return;
  if (options.isHalfWritten && operation === 'write' && typeof target === 'number') {
    if (detail instanceof Uint8Array) nodeIo.write(target, detail.subarray(0, detail.length / 2));
  }
  process.kill(process.pid, 'SIGKILL');
}, nodeIo);
const context = {io, clock: realClock, command: name, version: '', foreignLimitMs: 90_000};
const quickClock = {...realClock, sleep: (ms: number) => realClock.sleep(ms / haste)};

process.stdout.write('ready\n');
for await (const line of createInterface({input: process.stdin})) {
  if (line === 'stop') await takeOnce(stopHere);
  else for (let left = Number(line); left > 0; left -= 1) await takeOnce(stay);
  process.stdout.write(`done ${steps}\n`);
}

async function takeOnce(inside: () => void): Promise<void> {
  const contender: LockContender = new Contender(path, context);
  const lock = await waitForLock(contender, () => contender.try(), {
    file: path,
    clock: quickClock,
    timeoutMs: null,
  });
  useLock(lock, inside);
}

function useLock(lock: HeldLock, inside: () => void): void {
  const leave = enterAlone(`${path}.witness`);
  if (leave === null) note('not alone');
  const value = Number(readFileSync(`${path}.counter`, 'utf8')) + 1;
  inside();
  writeFileSync(`${path}.counter.${name}`, String(value));
  renameSync(`${path}.counter.${name}`, `${path}.counter`);
  note(`counted ${value}`);
  leave?.();
  lock.release();
}

function note(what: string): void {
  appendFileSync(`${path}.log`, `${name} ${what}\n`);
}

/** Long enough for another one to come in, if it can. */
function stay(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, options.holdMs ?? 0);
}

/** Somebody else lets it go on; until then no timer and no signal handler of it runs. */
function stopHere(): void {
  writeSync(1, 'stopped\n');
  process.kill(process.pid, 'SIGSTOP');
}
