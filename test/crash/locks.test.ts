/**
 * Attacks by many processes on one lock. Each that gets it shows by a witness that it is alone, and adds one to a
 * counter; two at once, or a value that is counted twice, is a violation.
 */
import {spawnSync} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';
import {LockContender} from '../../src/lib/store/lock/lock-contender.js';
import {nodeIo} from '../../src/lib/store/file/store-io.js';
import {realClock} from '../lib/store/clocks.js';
import {DEAD} from '../lib/store/owner-fixture.js';
import {attackTest, weakenedTest, type Attack} from './support/attack.js';
import {
  childScript,
  Contender,
  ContestedLock,
  putDeadLock,
  SHIPPED,
  type ContendOptions,
  type Surroundings,
} from './support/contender.js';
import {amount} from './support/form.js';
import {elsewhere} from './support/namespaces.js';
import {weakenedBuild} from './support/weakened-build.js';

const HERD = 16;
const PROCESSES = 8;
/** Enough for a lock that is not exact to show it. */
const WEAKENED_ROUNDS = 400;
const WEAKENED_STOPS = 10;

attackTest(
  {group: 'locks', attack: '16 processes meet the lock of a dead process', unit: 'rounds'},
  (attack) => {
    attack.note('in turn its pid is gone, or of another process');
    return meetDeadLocks(attack, {src: SHIPPED, rounds: amount({short: 100, whole: 1_000}), restMs: 0});
  },
);

weakenedTest(
  {
    group: 'locks',
    attack: '16 processes meet a dead lock, broken as `stale` of lockfile does',
    unit: 'rounds',
  },
  (attack) =>
    withPlainStale(100, (src) => meetDeadLocks(attack, {src, rounds: WEAKENED_ROUNDS, restMs: 100})),
);

interface Herd {
  readonly src: string;
  readonly rounds: number;
  /** How long the dead lock stands before the herd comes. */
  readonly restMs: number;
}

/** Every other lock has no name, as of a process that died while it made it. Ends with the first violation. */
async function meetDeadLocks(attack: Attack, {src, rounds, restMs}: Herd): Promise<void> {
  const lock = await ContestedLock.make();
  const members = await startContenders(lock, HERD, {src, holdMs: 1});
  const owners = [
    {...DEAD, pid: spawnSync('true').pid},
    {...DEAD, pid: process.pid},
  ];
  for (let round = 0; round < rounds && attack.violations.length === 0; round += 1) {
    putDeadLock(lock.path, owners[round % owners.length] ?? {}, round % 2 === 0);
    if (restMs > 0) await delay(restMs);
    await takeTurns(attack, lock, {members, times: 1});
    attack.tried();
  }
  await endAll(members);
}

attackTest(
  {group: 'locks', attack: '8 processes take turns and are killed', unit: 'acquisitions'},
  async (attack) => {
    const lock = await ContestedLock.make();
    const times = amount({short: 300, whole: 2_000});
    const kills = amount({short: 5, whole: 45});
    const lives = Array.from({length: PROCESSES}, (_, index) =>
      liveAndDie(attack, lock, {name: `p${index}`, times, kills}),
    );
    const deaths = (await Promise.all(lives)).flat();
    const inLock = deaths.filter((death) => death === 'in the lock').length;
    attack.tried(lock.counted);
    attack.note(`${deaths.length} kills`);
    attack.note(`${inLock} of them at a file operation of the lock`);
    for (const violation of lock.violations()) attack.violation(violation);
  },
);

interface Turns {
  readonly name: string;
  readonly times: number;
  readonly kills: number;
}

type Death = 'anywhere' | 'in the lock';

/** One process, started again whenever it was killed, until it has had the lock so often. Returns how it died. */
async function liveAndDie(
  attack: Attack,
  lock: ContestedLock,
  {name, times, kills}: Turns,
): Promise<readonly Death[]> {
  const deaths: Death[] = [];
  for (let life = 0; lock.notes(name).length < times; life += 1) {
    const death = life >= kills ? null : attack.random() < 0.5 ? 'anywhere' : 'in the lock';
    const contender = await Contender.start({
      src: SHIPPED,
      path: lock.path,
      name,
      ...(death === 'in the lock' ? killedAtStep(attack.random) : {}),
    });
    const answer = contender.take(times - lock.notes(name).length);
    const killAfterMs = attack.random() * 400;
    const timer = death === 'anywhere' && setTimeout(() => contender.process.kill('SIGKILL'), killAfterMs);
    const hasFailed = (await answer) === null && contender.errorText !== '';
    if (hasFailed) attack.violation(contender.errorText);
    if (timer) clearTimeout(timer);
    await contender.end();
    if (death && contender.process.signalCode === 'SIGKILL') deaths.push(death);
    if (hasFailed) break;
  }
  return deaths;
}

function killedAtStep(random: () => number): Pick<ContendOptions, 'killAtStep' | 'isHalfWritten'> {
  return {killAtStep: 1 + Math.floor(random() * 800), isHalfWritten: random() < 0.5};
}

attackTest(
  {group: 'locks', attack: 'a holder is stopped for 2 s while 7 others want the lock', unit: 'stops'},
  (attack) => stopHolders(attack, SHIPPED, amount({short: 2, whole: 10})),
);

weakenedTest(
  {group: 'locks', attack: 'a holder is stopped for longer than `stale` of lockfile', unit: 'stops'},
  (attack) => withPlainStale(1_000, (src) => stopHolders(attack, src, WEAKENED_STOPS)),
);

/** Ends with the first violation. */
async function stopHolders(attack: Attack, src: string, stops: number): Promise<void> {
  const lock = await ContestedLock.make();
  const members = await startContenders(lock, PROCESSES, {src});
  for (let stop = 0; stop < stops && attack.violations.length === 0; stop += 1) {
    const sleeper = members[Math.floor(attack.random() * members.length)];
    if (sleeper === undefined) return;
    await sleeper.takeAndStop();
    const others = takeTurns(attack, lock, {
      members: members.filter((member) => member !== sleeper),
      times: 10,
    });
    await delay(2_000);
    checkHolder(attack, lock.path, sleeper.process.pid);
    sleeper.process.kill('SIGCONT');
    await Promise.all([sleeper.answer(), others]);
    attack.tried();
  }
  await endAll(members);
}

/** Whoever waits is told which process it waits for. */
function checkHolder(attack: Attack, path: string, pid = 0): void {
  const context = {io: nodeIo, clock: realClock, command: 'test', version: '', foreignLimitMs: 90_000};
  const waiter = new LockContender(path, context);
  const lock = waiter.try();
  lock?.release();
  if (lock !== null) attack.violation('the lock of a stopped process was taken');
  else if (waiter.holder?.pid !== pid) attack.violation(`the holder is said to be ${waiter.holder?.pid}`);
}

const AN_HOUR_AHEAD = {nodeArgs: ['--import', pathToFileURL(childScript('clock-ahead')).href]};

attackTest(
  {group: 'locks', attack: '8 processes, half of them with a clock an hour ahead', unit: 'acquisitions'},
  (attack) => mixProcesses(attack, SHIPPED, AN_HOUR_AHEAD),
);

weakenedTest(
  {group: 'locks', attack: 'a clock an hour ahead, and `stale` of lockfile', unit: 'acquisitions'},
  (attack) => withPlainStale(60_000, (src) => mixProcesses(attack, src, AN_HOUR_AHEAD)),
);

for (const {name, launcher} of elsewhere()) {
  attackTest(
    {group: 'locks', attack: `8 processes, half of them in another ${name}`, unit: 'acquisitions'},
    (attack) => mixProcesses(attack, SHIPPED, {launcher}),
  );
}

for (const {name, launcher} of elsewhere().filter(({name: place}) => place.startsWith('boot'))) {
  weakenedTest(
    {group: 'locks', attack: `the same where another ${name} counts as dead`, unit: 'acquisitions'},
    async (attack) => {
      const build = weakenedBuild([
        {file: 'lib/store/lock/liveness.js', find: "return 'other-boot';", replace: "return 'dead';"},
      ]);
      try {
        await mixProcesses(attack, build.src, {launcher});
      } finally {
        build.remove();
      }
    },
  );
}

/** Half of the processes run as usual, the other half in other surroundings. */
async function mixProcesses(attack: Attack, src: string, surroundings: Surroundings): Promise<void> {
  const lock = await ContestedLock.make();
  const members = await startContenders(lock, PROCESSES, {src, holdMs: 1}, (index) =>
    index % 2 === 0 ? {} : surroundings,
  );
  await takeTurns(attack, lock, {members, times: amount({short: 50, whole: 300})});
  attack.tried(lock.counted);
  await endAll(members);
}

async function startContenders(
  {path}: ContestedLock,
  count: number,
  options: Pick<ContendOptions, 'src' | 'holdMs'>,
  surroundingsOf: (index: number) => Surroundings = () => ({}),
): Promise<readonly Contender[]> {
  return Promise.all(
    Array.from({length: count}, (_, index) =>
      Contender.start({...options, path, name: `p${index}`}, surroundingsOf(index)),
    ),
  );
}

/** Lets each take the lock so often, all at once, and notes what must not have happened. */
async function takeTurns(
  attack: Attack,
  lock: ContestedLock,
  {members, times}: {members: readonly Contender[]; times: number},
): Promise<void> {
  const answers = await Promise.all(members.map((member) => member.take(times)));
  for (const [index, answer] of answers.entries()) {
    if (answer === null) attack.violation(`a process failed: ${members[index]?.errorText}`);
  }
  for (const violation of lock.violations()) attack.violation(violation);
}

async function endAll(members: readonly Contender[]): Promise<void> {
  await Promise.all(members.map((member) => member.end()));
}

/** A build that breaks locks by their age, as the package does by itself. */
async function withPlainStale(staleMs: number, work: (src: string) => Promise<void>): Promise<void> {
  const build = weakenedBuild([
    {
      file: 'lib/store/lock/bare-lock.js',
      find: 'lockfile.lockSync(pathToFileURL(path));',
      replace: `lockfile.lockSync(path, {stale: ${staleMs}});`,
    },
    {
      file: 'lib/store/lock/lock-contender.js',
      find: 'if (snapshot !== null && !this.#breakIfDead(snapshot))',
      replace: 'if (snapshot === "never")',
    },
  ]);
  try {
    await work(build.src);
  } finally {
    build.remove();
  }
}
