// Submits three jobs to a service that is the file argv[3]: each line there is a create that was paid. From file
// operation number argv[4] on, argv[5] happens: `kill`, or `half` for a write that stops in the middle and then dies, or a
// system error that every operation from there on gives. Prints the number of operations when it comes to its end.
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {nodeIo} from '../../../../src/lib/store/store-io.js';
import {SkippingClock} from '../clocks.js';
import {steppedIo, systemError} from '../faulty-io.js';
import {submitThree} from '../submission.js';

const [, , path = '', paidPath = '', firstStep = 'none', fate = ''] = process.argv;
let steps = 0;

const io = steppedIo((step, operation, [descriptor, bytes]) => {
  steps = step;
  if (firstStep === 'none' || step < Number(firstStep)) return;
  if (fate !== 'kill' && fate !== 'half') throw systemError(fate);
  if (
    fate === 'half' &&
    operation === 'write' &&
    typeof descriptor === 'number' &&
    bytes instanceof Uint8Array
  ) {
    nodeIo.write(descriptor, bytes.subarray(0, bytes.length / 2));
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
