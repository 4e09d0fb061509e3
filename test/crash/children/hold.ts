// Takes the lock of argv[2], `HoldOptions`, shows signs of life, and prints `held`. At a line on stdin it prints whether
// the lock is still its own, gives it back and ends.
import {once} from 'node:events';
import type {HoldOptions} from '../support/namespaces.js';
import {realClock} from '../../lib/store/clocks.js';
import {storeModules} from './store-modules.js';

const {src, path, beatFactor}: HoldOptions = JSON.parse(process.argv[2] ?? '');
const {setInterval: setRealInterval} = globalThis;
globalThis.setInterval = ((work: () => void, ms: number) =>
  setRealInterval(work, ms / beatFactor)) as typeof setInterval;

const {LockContender, nodeIo} = await storeModules(src);
const context = {io: nodeIo, clock: realClock, command: 'hold', version: '', foreignLimitMs: 90_000};
const lock = new LockContender(path, context).try();
if (lock === null) throw new Error('the lock is not free');
lock.startHeartbeat();
process.stdout.write('held\n');
await once(process.stdin, 'data');
process.stdout.write(lock.isOurs() ? 'ours\n' : 'lost\n');
lock.release();
process.stdin.destroy();
