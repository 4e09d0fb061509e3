// Submits three jobs to a service that is the file argv[3]: each line there is a create that was paid. From operation
// number argv[4] on, argv[5] happens: `kill`, or `half` for a write that stops in the middle and then dies, or a system
// error that every operation from there on gives. Prints the number of operations when it comes to its end. Counted are
// operations that change the disk: a process killed before any other one leaves the same disk as before the next of these.
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {nodeIo} from '../../../../src/lib/store/file/store-io.js';
import {SkippingClock} from '../clocks.js';
import {steppedIo, systemError} from '../faulty-io.js';
import {submitThree} from '../submission.js';

const [, , path = '', paidPath = '', firstStep = 'none', fate = ''] = process.argv;
const CHANGES = ['write', 'lock', 'rename', 'unlink', 'chmod', 'chown', 'touch'];
let steps = 0;

const io = steppedIo((_, operation, [target, detail]) => {
  if (CHANGES.includes(operation) || (operation === 'open' && detail !== 'r')) steps += 1;
  if (firstStep === 'none' || steps < Number(firstStep)) return;
  if (fate !== 'kill' && fate !== 'half') throw systemError(fate);
  if (
    fate === 'half' &&
    operation === 'write' &&
    typeof target === 'number' &&
    detail instanceof Uint8Array
  ) {
    nodeIo.write(target, detail.subarray(0, detail.length / 2));
  }
  process.kill(process.pid, 'SIGKILL');
});

// In this clock nothing takes time, so every run does the same operations.
await submitThree(JobStore.open(path, {command: 'child', clock: new SkippingClock(), io}), {
  list: () => (existsSync(paidPath) ? readFileSync(paidPath, 'utf8').trim().split('\n') : []),
  create(attempt) {
    appendFileSync(paidPath, `${attempt}\n`);
  },
});
process.stdout.write(String(steps));
