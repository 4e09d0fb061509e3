/**
 * Attacks on the taking over of a lock whose owner died, wherever it died and however little can be known of it. The next
 * process must have the lock at once; on another host it must wait for whoever gives signs of life.
 */
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {GembatchError} from '../../src/lib/domain/errors.js';
import {LockContender, type LockContext} from '../../src/lib/store/lock/lock-contender.js';
import type {HeldLock} from '../../src/lib/store/lock/held-lock.js';
import {nodeIo} from '../../src/lib/store/file/store-io.js';
import {waitForLock} from '../../src/lib/store/lock/wait-for-lock.js';
import {realClock} from '../lib/store/clocks.js';
import {steppedIo, systemError} from '../lib/store/faulty-io.js';
import {DEAD} from '../lib/store/owner-fixture.js';
import {until} from '../helpers/until.js';
import {attackTest, eachOf, sampled, type Attack} from './support/attack.js';
import {Contender, ContestedLock, putDeadLock, SHIPPED, startChild, type Child} from './support/contender.js';
import {amount} from './support/form.js';
import {elsewhere, workingPid, type HoldOptions} from './support/namespaces.js';

/** A process that dies at every file operation costs a start of node each. */
const WIDTH = 3;
/** The next one must have the lock of a dead process within that time. */
const TAKEOVER_LIMIT_MS = 1_000;

attackTest(
  {group: 'locks', attack: 'the taking over of a dead lock is killed at each file operation', unit: 'kills'},
  async (attack) => {
    const deaths = await everyDeath();
    await eachOf(deaths, WIDTH, async (death) => dieTakingOver(attack, [death]));
  },
);

attackTest(
  {group: 'locks', attack: 'the taking over of a dead take-over is killed as well', unit: 'pairs'},
  async (attack) => {
    const deaths = await everyDeath();
    const pairs = deaths.flatMap((one) => deaths.map((other) => [one, other] as const));
    const chosen = sampled(pairs, amount({short: 10, whole: 300}), attack.random);
    await eachOf(chosen, WIDTH, async (pair) => dieTakingOver(attack, pair));
  },
);

/** How a process dies that takes over a lock. */
interface Death {
  /** Whether the lock has the name of its dead owner. */
  readonly hasName: boolean;
  readonly killAtStep: number;
  readonly isHalfWritten: boolean;
}

/** Before each file operation of a take-over and of the release after it; at writes also in the middle. */
async function everyDeath(): Promise<readonly Death[]> {
  const deaths: Death[] = [];
  for (const hasName of [true, false]) {
    const operations = await operationsOfTakeover(hasName);
    for (const [index, operation] of operations.entries()) {
      const death = {hasName, killAtStep: index + 1};
      deaths.push({...death, isHalfWritten: false});
      if (operation === 'write') deaths.push({...death, isHalfWritten: true});
    }
  }
  return deaths;
}

async function operationsOfTakeover(hasName: boolean): Promise<readonly string[]> {
  const {path} = await ContestedLock.make();
  putDeadLock(path, DEAD, hasName);
  const operations: string[] = [];
  const lock = await takeLock(path, {io: steppedIo((_, operation) => operations.push(operation))});
  lock.release();
  return operations;
}

/** Lets one process after the other die while it takes over the same lock, and takes it then. */
async function dieTakingOver(attack: Attack, deaths: readonly Death[]): Promise<void> {
  const {path} = await ContestedLock.make();
  putDeadLock(path, DEAD, deaths[0]?.hasName ?? true);
  for (const {killAtStep, isHalfWritten} of deaths) {
    const contender = await Contender.start({
      src: SHIPPED,
      path,
      name: 'dying',
      haste: 1,
      killAtStep,
      isHalfWritten,
    });
    await contender.take(1);
    await contender.end();
    if (contender.errorText !== '') attack.violation(contender.errorText);
  }
  await expectLockAtOnce(attack, path, JSON.stringify(deaths));
  attack.tried();
}

attackTest(
  {group: 'locks', attack: 'one file operation of taking over a dead lock fails', unit: 'failures'},
  async (attack) => {
    const codes = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'];
    for (const hasName of [true, false]) {
      const count = (await operationsOfTakeover(hasName)).length;
      for (let step = 1; step <= count; step += 1) {
        for (const code of sampled(codes, amount({short: 1, whole: codes.length}), attack.random)) {
          await failTakingOver(attack, {hasName, step, code});
        }
      }
    }
  },
);

/** The one whose operation failed lives on and tries no more; the next one is another in the same process. */
async function failTakingOver(
  attack: Attack,
  {hasName, step, code}: {hasName: boolean; step: number; code: string},
): Promise<void> {
  const {path} = await ContestedLock.make();
  putDeadLock(path, DEAD, hasName);
  const io = steppedIo((at) => {
    if (at === step) throw systemError(code);
  });
  try {
    (await takeLock(path, {io})).release();
  } catch (error) {
    if (!(error instanceof GembatchError)) attack.violation(`${code} at ${step}: ${String(error)}`);
  }
  await expectLockAtOnce(attack, path, `${code} at operation ${step}, ${hasName ? 'named' : 'nameless'}`);
  attack.tried();
}

if (process.platform === 'linux') {
  attackTest(
    {group: 'locks', attack: 'the owner is dead, and its parent never asks for it', unit: 'zombies'},
    async (attack) => {
      // Beyond the last operation nobody dies: the last ones are those of a release.
      const steps = Array.from({length: 12}, (_, index) => index + 1);
      const rounds = Array.from({length: amount({short: 1, whole: 10})}, () => steps).flat();
      await eachOf(rounds, WIDTH, async (killAtStep) => leaveZombie(attack, killAtStep));
    },
  );
}

/** A shell starts the process and becomes a program that never waits for a child. */
async function leaveZombie(attack: Attack, killAtStep: number): Promise<void> {
  const {path} = await ContestedLock.make();
  const launcher = ['sh', '-c', 'exec 3<&0; "$@" <&3 & exec sleep 600', 'sh'];
  const contender = await Contender.start({src: SHIPPED, path, name: 'zombie', killAtStep}, {launcher});
  const pid = workingPid(contender.process.pid ?? 0);
  contender.process.stdin.write('1\n');
  await until(() => readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z '));
  await expectLockAtOnce(attack, path, `a zombie killed at operation ${killAtStep}`);
  contender.process.kill('SIGKILL');
  attack.tried();
}

/** Signs of life every half second, in place of every five, and a limit as many times shorter. */
const BEAT_FACTOR = 10;
const FOREIGN_LIMIT_MS = 3_000;

for (const {name, launcher} of elsewhere()) {
  attackTest(
    {group: 'locks', attack: `a holder in another ${name} beats, is killed, or is stopped`, unit: 'holders'},
    async (attack) => {
      const hold = async (work: (holder: Holder) => Promise<void>): Promise<void> => {
        const {path} = await ContestedLock.make();
        const options = {src: SHIPPED, path, beatFactor: BEAT_FACTOR};
        await work(await Holder.start(options, launcher));
        attack.tried();
      };
      await Promise.all([
        hold((holder) => outwaitLiving(attack, holder)),
        hold((holder) => outwaitKilled(attack, holder)),
        hold((holder) => outwaitStopped(attack, holder)),
      ]);
    },
  );
}

/** A process elsewhere that has a lock. */
class Holder {
  readonly path: string;
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;

  private constructor(path: string, child: Child) {
    this.path = path;
    this.#child = child;
    this.#lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  }

  static async start(options: HoldOptions, launcher: readonly string[]): Promise<Holder> {
    const holder = new Holder(options.path, startChild('hold', options, {launcher}));
    await holder.#lines.next();
    return holder;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(workingPid(this.#child.pid ?? 0), signal);
  }

  /** Lets it give the lock back; returns what it thought of it: `ours` or `lost`. */
  async release(): Promise<unknown> {
    this.#child.stdin.write('\n');
    return (await this.#lines.next()).value;
  }
}

async function outwaitLiving(attack: Attack, holder: Holder): Promise<void> {
  const waiting = outwait(holder.path);
  await delay(FOREIGN_LIMIT_MS * 2);
  const opinion = await holder.release();
  if (opinion !== 'ours')
    attack.violation(`a holder that gave signs of life lost its lock: ${String(opinion)}`);
  const {lock} = await waiting;
  lock.release();
}

async function outwaitKilled(attack: Attack, holder: Holder): Promise<void> {
  const waiting = outwait(holder.path);
  holder.signal('SIGKILL');
  const {lock, waitedMs} = await waiting;
  checkWait(attack, waitedMs);
  lock.release();
}

async function outwaitStopped(attack: Attack, holder: Holder): Promise<void> {
  holder.signal('SIGSTOP');
  const {lock, waitedMs} = await outwait(holder.path);
  checkWait(attack, waitedMs);
  holder.signal('SIGCONT');
  const opinion = await holder.release();
  if (opinion !== 'lost')
    attack.violation(`a holder that lost its lock thinks otherwise: ${String(opinion)}`);
  if (!lock.isOurs()) attack.violation('a holder that had lost its lock removed that of the next one');
  lock.release();
}

async function outwait(path: string): Promise<{lock: HeldLock; waitedMs: number}> {
  const startMs = performance.now();
  const lock = await takeLock(path, {foreignLimitMs: FOREIGN_LIMIT_MS});
  return {lock, waitedMs: performance.now() - startMs};
}

/** Not before the limit, and soon after it. */
function checkWait(attack: Attack, waitedMs: number): void {
  const isRight = waitedMs >= FOREIGN_LIMIT_MS && waitedMs < FOREIGN_LIMIT_MS + 2_000;
  if (!isRight) attack.violation(`the lock of a silent holder was taken after ${waitedMs.toFixed(0)} ms`);
}

async function expectLockAtOnce(attack: Attack, path: string, after: string): Promise<void> {
  const startMs = performance.now();
  const lock = await takeLock(path, {});
  const waitedMs = performance.now() - startMs;
  if (!lock.isOurs()) attack.violation(`${after}: the next one has it not`);
  if (waitedMs > TAKEOVER_LIMIT_MS)
    attack.violation(`${after}: the next one waited ${waitedMs.toFixed(0)} ms`);
  lock.release();
}

/** Takes a lock in this process, waiting as long as the holder lives, but no longer than a test may take. */
async function takeLock(path: string, changes: Partial<LockContext>): Promise<HeldLock> {
  const context = {io: nodeIo, clock: realClock, command: 'next', version: '', foreignLimitMs: 90_000};
  const contender = new LockContender(path, {...context, ...changes});
  return waitForLock(contender, () => contender.try(), {file: path, clock: realClock, timeoutMs: 20_000});
}
