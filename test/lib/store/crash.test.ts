import {execFile} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {describe, expect, test} from '@jest/globals';
import {nodeIo} from '../../../src/lib/store/file/store-io.js';
import {SkippingClock} from './clocks.js';
import {steppedIo, systemError} from './faulty-io.js';
import {ownerIdLike} from './owner-fixture.js';
import {recordLine} from './records.js';
import {openStore, publishedNames, sideFiles, useFolder} from './store-fixture.js';
import {codesOf, INPUTS, submitThree} from './submission.js';
import type {PaidService} from './submission.js';

/** The last line has no newline. */
const OLD = `# kept\n${recordLine('old')}# kept, too`;

const CODES = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'];

const ownName = ownerIdLike({}).slice(0, -12);

interface Trial {
  path: string;
  paidPath: string;
  service: PaidService;
}

function useTrial(): Trial {
  const folder = useFolder();
  const path = join(folder, 'job-info.jsonl');
  const paidPath = join(folder, 'paid');
  writeFileSync(path, OLD);
  const list = (): string[] =>
    existsSync(paidPath) ? readFileSync(paidPath, 'utf8').trim().split('\n') : [];
  const create = (attempt: string): void => writeFileSync(paidPath, `${attempt}\n`, {flag: 'a'});
  return {path, paidPath, service: {list, create}};
}

/** Everything that must hold after a crash and one undisturbed run of the same command. */
async function expectRecovery({path, service}: Trial): Promise<void> {
  const paidBefore = service.list();
  const unknown = paidBefore.filter((attempt) => !isKnown(path, attempt));
  expect(unknown).toEqual([]);
  expect(codesOf(await submitThree(openStore(path), service, 'again'))).toEqual([]);
  const paid = service.list();
  expect(paid.map((attempt) => attempt.replace(/0.*/, '')).toSorted()).toEqual(INPUTS.toSorted());
  expect(publishedNames(path).slice(1).toSorted()).toEqual(
    paid.map((attempt) => `batches/${attempt}`).toSorted(),
  );
  expect(readFileSync(path, 'utf8').startsWith(`${OLD}\n`)).toBe(true);
  // A failed operation of this very process may leave an empty claim file or a temporary file under its name; they are
  // removed by the first session after it has ended.
  expect(sideFiles(path).filter((name) => !name.includes(ownName))).toEqual([]);
}

/** Whether a paid create is recorded, or its intent is there to find it by. */
function isKnown(path: string, attempt: string): boolean {
  const {records, openIntents} = openStore(path).read();
  return (
    records.some(({record}) => record.attempt === attempt) ||
    openIntents.some((open) => open.attempt === attempt)
  );
}

describe('a session in which file operations fail', () => {
  async function stepsOfWholeRun(): Promise<number> {
    let steps = 0;
    const {path, service} = useTrial();
    const io = steppedIo((step) => (steps = step));
    await submitThree(openStore(path, {io, clock: new SkippingClock()}), service);
    return steps;
  }

  // Some 120 small sessions, one for each operation.
  test('pays nothing twice and loses nothing, whichever it is', async () => {
    const steps = await stepsOfWholeRun();
    expect(steps).toBeGreaterThan(100);
    for (let failing = 1; failing <= steps; failing += 1) {
      const trial = useTrial();
      const io = steppedIo((step) => {
        if (step === failing) throw systemError(CODES[failing % CODES.length] ?? '');
      });
      const errors = await submitThree(
        openStore(trial.path, {io, clock: new SkippingClock()}),
        trial.service,
      );
      expect(codesOf(errors).filter((one) => one !== 'STORAGE')).toEqual([]);
      await expectRecovery(trial);
    }
  });

  test('gets through where Windows refuses the first renames', async () => {
    const trial = useTrial();
    let refusals = 3;
    const io = steppedIo(
      (_, operation) => {
        if (operation === 'rename' && (refusals -= 1) >= 0) throw systemError('EPERM');
      },
      {...nodeIo, isWindows: true},
    );
    expect(codesOf(await submitThree(openStore(trial.path, {io}), trial.service))).toEqual([]);
    await expectRecovery(trial);
  });
});

describe('a process', () => {
  const child = fileURLToPath(new URL('children/submit-three.js', import.meta.url));

  /** What it printed; null when it was killed. */
  async function runChild({path, paidPath}: Trial, ...args: string[]): Promise<string | null> {
    return promisify(execFile)(process.execPath, [child, path, paidPath, ...args]).then(
      ({stdout}) => stdout,
      () => null,
    );
  }

  /** Runs a trial for each of the numbers, a few at a time. */
  async function forEachStep(steps: number[], runTrial: (step: number) => Promise<void>): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let step = steps.shift(); step !== undefined; step = steps.shift()) await runTrial(step);
    };
    await Promise.all([worker(), worker(), worker()]);
  }

  // Every fifth of some 60 operations, for the time that processes take; the crash suite kills at all of them.
  test('killed before or in the middle of any change to the disk has paid nothing twice and lost nothing', async () => {
    const count = Number(await runChild(useTrial()));
    expect(count).toBeGreaterThan(50);
    for (const fate of ['kill', 'half']) {
      await forEachStep(range(fate === 'kill' ? 1 : 3, count, 5), async (step) => {
        const trial = useTrial();
        await expect(runChild(trial, String(step), fate)).resolves.toBeNull();
        await expectRecovery(trial);
      });
    }
  });

  // One of eight operations, for the same reason.
  test('for which every file operation fails from some moment on has paid nothing twice and lost nothing', async () => {
    const count = Number(await runChild(useTrial()));
    await forEachStep(range(1, count, 8), async (step) => {
      const trial = useTrial();
      await expect(runChild(trial, String(step), 'EROFS')).resolves.not.toBeNull();
      await expectRecovery(trial);
    });
  });
});

function range(first: number, last: number, step = 1): number[] {
  return Array.from({length: Math.floor((last - first) / step) + 1}, (_, index) => first + index * step);
}
