// Takes the lock at argv[2] and then ends as argv[3] says.
import {writeFileSync} from 'node:fs';
import {LockContender} from '../../../../src/lib/store/lock/lock-contender.js';
import {nodeIo} from '../../../../src/lib/store/file/store-io.js';
import {lockText, ownerIdLike} from '../owner-fixture.js';
import {realClock} from '../clocks.js';

const [, , path = '', ending] = process.argv;
const context = {io: nodeIo, clock: realClock, command: 'child', version: '', foreignLimitMs: 90_000};
if (new LockContender(path, context).try() === null) throw new Error('the lock is not free');
if (ending === 'throw') throw new Error('on purpose');
if (ending === 'lose') writeFileSync(path, lockText(ownerIdLike({machine: '0123456789ab'})));
if (ending === 'wait') {
  process.stdout.write('held\n');
  setInterval(() => undefined, 1_000);
}
