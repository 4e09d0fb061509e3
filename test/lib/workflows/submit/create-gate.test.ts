import {expect, test} from '@jest/globals';
import {GembatchError} from '../../../../src/lib/domain/errors.js';
import {CreateGate} from '../../../../src/lib/workflows/submit/create-gate.js';
import {ManualClock, settled} from '../../../helpers/manual-clock.js';

const never = new AbortController().signal;
const quota = (retryDelayMs?: number) =>
  new GembatchError('QUOTA', 'You exceeded your current quota', {
    details: retryDelayMs === undefined ? {} : {retryDelayMs},
  });

test('creates run side by side while the service takes them', async () => {
  const gate = new CreateGate(new ManualClock(), 900_000);
  let running = 0;
  let peak = 0;
  const create = async () => {
    peak = Math.max(peak, ++running);
    await settled();
    running -= 1;
  };
  await Promise.all([gate.pass(create, never), gate.pass(create, never), gate.pass(create, never)]);
  expect(peak).toBe(3);
});

test('after a refusal creates come one at a time, each after its pause, until one succeeds', async () => {
  const clock = new ManualClock();
  const gate = new CreateGate(clock, 900_000);
  const started: string[] = [];
  expect(gate.refused(quota())).toMatchObject({mayTryAgain: true});

  const first = gate.pass(async () => {
    started.push('first');
    gate.refused(quota());
  }, never);
  const second = gate.pass(async () => {
    started.push('second');
    gate.succeeded();
  }, never);
  await settled();
  expect(started).toEqual([]);

  await clock.advance(12_000);
  expect(started).toEqual(['first']);
  await clock.advance(12_000);
  expect(started).toEqual(['first']);
  await clock.advance(12_000);
  await Promise.all([first, second]);
  expect(started).toEqual(['first', 'second']);

  await gate.pass(async () => started.push('third'), never);
  expect(started).toEqual(['first', 'second', 'third']);
});

test('the pause is never shorter than the one that the service asks for', () => {
  const gate = new CreateGate(new ManualClock(), 900_000);
  expect(gate.refused(quota(34_000))).toEqual({mayTryAgain: true, pauseMs: 34_000});
});

test('refusals of creates that were under way together count as one', () => {
  const gate = new CreateGate(new ManualClock(), 900_000);
  const pauses = [quota(), quota(), quota(), quota()].map((error) => gate.refused(error));
  expect(new Set(pauses.map((refusal) => refusal.mayTryAgain && refusal.pauseMs)).size).toBe(1);
});

test('the gate gives up when refusals have lasted longer than the patience, after a last try at its end', async () => {
  const clock = new ManualClock();
  const gate = new CreateGate(clock, 15_000);
  expect(gate.refused(quota(60_000))).toEqual({mayTryAgain: true, pauseMs: 15_000});
  await clock.advance(15_000);
  const last = quota();
  expect(gate.refused(last)).toEqual({mayTryAgain: false});
  expect(gate.exhausted).toBe(last);
});

test('without patience a refusal concerns its own file only', () => {
  const gate = new CreateGate(new ManualClock(), 0);
  expect(gate.refused(quota())).toEqual({mayTryAgain: false});
  expect(gate.exhausted).toBeUndefined();
});

test('a stop ends the pause and the create is not run', async () => {
  const gate = new CreateGate(new ManualClock(), 900_000);
  gate.refused(quota());
  const stop = new AbortController();
  let isRun = false;
  const passing = gate.pass(async () => {
    isRun = true;
  }, stop.signal);
  stop.abort();
  expect(await passing).toBeUndefined();
  expect(isRun).toBe(false);
});

test('that has given up stays so, also when a create that was under way goes through', async () => {
  const clock = new ManualClock();
  const gate = new CreateGate(clock, 30_000);
  gate.refused(quota());
  await clock.advance(31_000);
  expect(gate.refused(quota())).toEqual({mayTryAgain: false});
  gate.succeeded();
  expect(gate.refused(quota())).toEqual({mayTryAgain: false});
});
