import {expect, test} from '@jest/globals';
import {GembatchError} from '../../../../src/lib/domain/errors.js';
import {CreateLimiter} from '../../../../src/lib/workflows/submit/create-limiter.js';
import {ManualClock, untilIdle} from '../../../helpers/manual-clock.js';

const never = new AbortController().signal;
const quota = (retryDelayMs?: number) =>
  new GembatchError('QUOTA', 'You exceeded your current quota', {
    details: retryDelayMs === undefined ? {} : {retryDelayMs},
  });

/** Runs one create when its turn comes; undefined when it may not be sent. */
async function pass<T>(
  limiter: CreateLimiter,
  create: () => Promise<T>,
  stop: AbortSignal,
): Promise<T | undefined> {
  const release = await limiter.turn(stop);
  if (release === undefined) return undefined;
  try {
    return await create();
  } finally {
    release();
  }
}

test('creates run side by side while the service takes them', async () => {
  const limiter = new CreateLimiter(new ManualClock(), 900_000);
  let running = 0;
  let peak = 0;
  const create = async () => {
    peak = Math.max(peak, ++running);
    await untilIdle();
    running -= 1;
  };
  await Promise.all([
    pass(limiter, create, never),
    pass(limiter, create, never),
    pass(limiter, create, never),
  ]);
  expect(peak).toBe(3);
});

test('after a refusal creates come one at a time, each after its pause, until one succeeds', async () => {
  const clock = new ManualClock();
  const limiter = new CreateLimiter(clock, 900_000);
  const started: string[] = [];
  expect(limiter.refused(quota())).toMatchObject({mayTryAgain: true});

  const first = pass(
    limiter,
    async () => {
      started.push('first');
      limiter.refused(quota());
    },
    never,
  );
  const second = pass(
    limiter,
    async () => {
      started.push('second');
      limiter.succeeded();
    },
    never,
  );
  await untilIdle();
  expect(started).toEqual([]);

  await clock.advance(12_000);
  expect(started).toEqual(['first']);
  await clock.advance(12_000);
  expect(started).toEqual(['first']);
  await clock.advance(12_000);
  await Promise.all([first, second]);
  expect(started).toEqual(['first', 'second']);

  await pass(limiter, async () => started.push('third'), never);
  expect(started).toEqual(['first', 'second', 'third']);
});

test('the pause is never shorter than the one that the service asks for', () => {
  const limiter = new CreateLimiter(new ManualClock(), 900_000);
  expect(limiter.refused(quota(34_000))).toMatchObject({mayTryAgain: true, pauseMs: 34_000});
});

test('refusals of creates that were under way together count as one', () => {
  const limiter = new CreateLimiter(new ManualClock(), 900_000);
  const pauses = [quota(), quota(), quota(), quota()].map((error) => limiter.refused(error));
  expect(new Set(pauses.map((refusal) => refusal.mayTryAgain && refusal.pauseMs)).size).toBe(1);
});

test('the limiter gives up when refusals have lasted longer than the retry budget, after a last try at its end', async () => {
  const clock = new ManualClock();
  const limiter = new CreateLimiter(clock, 15_000);
  expect(limiter.refused(quota(60_000))).toMatchObject({mayTryAgain: true, pauseMs: 15_000});
  await clock.advance(15_000);
  const last = quota();
  expect(limiter.refused(last)).toEqual({mayTryAgain: false});
  expect(limiter.exhausted).toBe(last);
  expect(await limiter.turn(never)).toBeUndefined();
});

test('without a retry budget a refusal concerns its own file only', () => {
  const limiter = new CreateLimiter(new ManualClock(), 0);
  expect(limiter.refused(quota())).toEqual({mayTryAgain: false});
  expect(limiter.exhausted).toBeUndefined();
});

test('a stop ends the pause and the create is not run', async () => {
  const limiter = new CreateLimiter(new ManualClock(), 900_000);
  limiter.refused(quota());
  const stop = new AbortController();
  let isRun = false;
  const passing = pass(
    limiter,
    async () => {
      isRun = true;
    },
    stop.signal,
  );
  stop.abort();
  expect(await passing).toBeUndefined();
  expect(isRun).toBe(false);
});

test('that has given up stays so, also when a create that was under way goes through', async () => {
  const clock = new ManualClock();
  const limiter = new CreateLimiter(clock, 30_000);
  limiter.refused(quota());
  await clock.advance(31_000);
  expect(limiter.refused(quota())).toEqual({mayTryAgain: false});
  limiter.succeeded();
  expect(limiter.refused(quota())).toEqual({mayTryAgain: false});
});
