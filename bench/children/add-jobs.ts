// Adds jobs to a job-info file in one session, as a submission does: between two jobs other work has its turn.
// node add-jobs.js FILE COUNT [PAUSE_MS]
import {setImmediate as turn, setTimeout as pause} from 'node:timers/promises';
import {argv, stdout} from 'node:process';
import {JobStore} from '../../src/lib/store/job-store.js';
import {systemClock} from '../../src/lib/system-clock.js';
import {intent, record} from '../support/records.js';

const [, , path = '', count = '', pauseMs = '0'] = argv;
const store = JobStore.open(path, {command: 'bench', clock: systemClock});
const startedMs = performance.now();
await store.withSession({timeoutMs: null}, async (session) => {
  for (let i = 0; i < Number(count); i += 1) {
    session.intend(intent(`new${i}`));
    await (Number(pauseMs) > 0 ? pause(Number(pauseMs)) : turn());
    session.done(`new${i}`, record(`new${i}`));
  }
});
stdout.write(JSON.stringify({ms: performance.now() - startedMs}));
