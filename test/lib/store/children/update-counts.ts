// Adds one to a count of the records argv[4..] of the job-info file argv[2], argv[3] times, each time in a commit.
import {JobStore} from '../../../../src/lib/store/job-store.js';
import type {JobRecord} from '../../../../src/lib/domain/job/job-record.js';
import {realClock} from '../clocks.js';

const [, , path = '', times = '0', ...names] = process.argv;
const store = JobStore.open(path, {command: 'child', clock: realClock});

const addOne = (record: JobRecord): JobRecord => ({...record, count: (record.count ?? 0) + 1});
const changes = new Map(names.map((name) => [name, addOne]));

for (let round = 0; round < Number(times); round += 1) {
  const applied = await store.updateJobs(changes);
  if (applied.size !== names.length) throw new Error('an update was not applied');
}
