import {expect, test} from '@jest/globals';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, vertexEnv} from '../helpers/use-emulator.js';

const OBJECTS = 120;

test('objects of more than a gigabyte together are run where they are: no byte of them passes this machine', async () => {
  const {emulator} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  const {control, url} = emulator;
  control.makeObjects({
    address: 'gs://bucket/in/%06d.jsonl',
    count: OBJECTS,
    size_bytes: 10_000_000,
    requests: 1_000,
  });
  const ran = await runCli(
    [
      'run',
      'gs://bucket/in/*.jsonl',
      '--vertex',
      '--bucket',
      'gs://bucket/w',
      '-m',
      'gemini-2.5-flash-lite',
      '--json',
    ],
    {
      cwd: await tempDir(),
      env: vertexEnv(url),
      nodeArgs: FAST_CLOCK,
    },
  );
  expect(ran.code).toBe(0);
  expect(ran.json()).toMatchObject({poll: {done: OBJECTS, left: OBJECTS}});
  expect(control.paid()).toHaveLength(OBJECTS);
  const {'files.list': lists, 'files.download': reads} = control.counts();
  // One page of objects, and the results of each job.
  expect([lists, reads]).toEqual([1 + OBJECTS, undefined]);
  expect(control.requests().every(({request_bytes: sent}) => sent < 10_000)).toBe(true);
  expect(control.objects().filter((name) => name.startsWith('gs://bucket/in/'))).toHaveLength(OBJECTS);
});
