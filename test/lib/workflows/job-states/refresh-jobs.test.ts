import {describe, expect, test} from '@jest/globals';
import {GeminiBatchClient} from '../../../../src/lib/services/gemini/gemini-batch-client.js';
import {refreshJobs} from '../../../../src/lib/workflows/job-states/refresh-jobs.js';
import {systemClock} from '../../../../src/lib/system-clock.js';
import {JobFixture} from '../../../helpers/job-fixture.js';

async function jobsAtTheService(number: number): Promise<{
  jobs: JobFixture;
  client: GeminiBatchClient;
  names: string[];
}> {
  const jobs = await JobFixture.create();
  const client = new GeminiBatchClient({apiKey: 'k', clock: systemClock, baseUrl: jobs.emulator.url});
  const uploaded = await jobs.upload('{"key":"r1","request":{"contents":[]}}\n');
  const names: string[] = [];
  // Together, because on a busy machine each round trip waits its turn.
  for (let first = 0; first < number; first += 50) {
    const some = Array.from({length: Math.min(50, number - first)}, (_, index) =>
      jobs.create(`job ${first + index}`, uploaded),
    );
    names.push(...(await Promise.all(some)).map(({name}) => name));
  }
  return {jobs, client, names};
}

const asking = (names: readonly string[]): {name: string}[] => names.map((name) => ({name}));

function calls({emulator}: JobFixture): {lists: number; gets: number} {
  const counts = emulator.control.counts();
  return {lists: counts['batches.list'] ?? 0, gets: counts['batches.get'] ?? 0};
}

describe('asking how jobs stand', () => {
  test('takes a call for each hundred of many jobs', async () => {
    const {jobs, client, names} = await jobsAtTheService(300);
    const {found, gone, error} = await refreshJobs(client, asking(names));
    expect([found.size, gone.size, error]).toEqual([300, 0, undefined]);
    expect(calls(jobs)).toEqual({lists: 3, gets: 0});
  });

  test('takes one call each for one or two', async () => {
    const {jobs, client, names} = await jobsAtTheService(2);
    expect((await refreshJobs(client, asking(names))).found.size).toBe(2);
    expect(calls(jobs)).toEqual({lists: 0, gets: 2});
  });

  test('leaves a long list when asking by name costs less', async () => {
    const {jobs, client, names} = await jobsAtTheService(450);
    expect((await refreshJobs(client, asking(names.slice(0, 3)))).found.size).toBe(3);
    expect(calls(jobs)).toEqual({lists: 3, gets: 3});
  });

  test('calls a job gone only when asking for it by name says so', async () => {
    const {jobs, client, names} = await jobsAtTheService(4);
    jobs.emulator.control.behave({list_delay_calls: 5});
    const late = await jobs.create('late', await jobs.upload('{}\n'));
    const asked = [...names, late.name, 'batches/never-was'];
    const {found, gone} = await refreshJobs(client, asking(asked));
    expect([...gone]).toEqual(['batches/never-was']);
    expect(found.has(late.name)).toBe(true);
  });

  test('keeps what it learnt when the service fails on the way', async () => {
    const {jobs, client, names} = await jobsAtTheService(150);
    jobs.emulator.control.fault({
      on: 'batches.list',
      fault: {kind: 'status', status: 400, body: {error: {code: 400, message: 'no', status: 'X'}}},
      skip: 1,
      times: null,
    });
    const {found, error} = await refreshJobs(client, asking(names));
    expect([found.size, error?.code]).toEqual([100, 'REFUSED']);
  });
});
