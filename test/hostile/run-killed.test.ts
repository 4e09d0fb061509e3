import {expect, test} from '@jest/globals';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

const ARGS = ['run', '0*.jsonl', '--model', MODEL];

test('killed in each phase and started again, it goes on and pays nothing twice', async () => {
  for (const operation of [
    'upload.chunk',
    'batches.create',
    'batches.list',
    'files.download',
    'batches.delete',
  ] as const) {
    const folder = await tempDir();
    const {emulator, env} = await useEmulator({speed: 20, seed: 1});
    await requestFiles(folder, 4);
    emulator.control.fault({on: operation, skip: 1, fault: {kind: 'hang_after'}});
    const victim = startCli([...ARGS, '--interval', '200ms'], {cwd: folder, env});
    await until(() => (emulator.control.counts()[operation] ?? 0) > 1);
    victim.process.kill('SIGKILL');
    await victim.ended;
    const {code} = await runCli([...ARGS, '--interval', '12s'], {
      cwd: folder,
      env: {...env, GEMBATCH_TEST_SPEED: '60'},
      nodeArgs: FAST_CLOCK,
    });
    expect([operation, code]).toEqual([operation, 0]);
    expect((await records(folder)).filter(({results}) => results !== undefined)).toHaveLength(4);
    expect(new Set(emulator.control.paid().map(({sha256}) => sha256)).size).toBe(4);
    expect(emulator.control.paid()).toHaveLength(4);
    expect(await records(folder)).toHaveLength(4);
  }
});
