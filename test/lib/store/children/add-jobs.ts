// Adds jobs to the job-info file argv[2] in one session per job, named after argv[3].
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {realClock} from '../clocks.js';
import {addJob} from '../records.js';

const [, , path = '', prefix = '', count = '0'] = process.argv;
const store = JobStore.open(path, {command: 'child', clock: realClock});

for (let index = 0; index < Number(count); index += 1) {
  await store.withSession({timeoutMs: null}, async (session) => addJob(session, `${prefix}${index}`));
}
