import {expect, test} from '@jest/globals';
import {clientOf, code, MODEL, useClient} from './client-fixture.js';
import {useRawServer} from '../../../helpers/raw-server.js';

const UNAVAILABLE = {fault: {kind: 'status', status: 503}, times: null} as const;

test('all calls together end when none is answered for so long, and no more are sent', async () => {
  const reasons: string[] = [];
  const outage = {limitMs: 20_000, onBegin: (reason: string) => reasons.push(reason)};
  const {client, emulator, clock} = await useClient({}, {outage});
  emulator.control.fault({on: 'models.get', ...UNAVAILABLE});
  const startedMs = clock.monotonic();
  await expect(client.getModel(MODEL)).rejects.toMatchObject(code('SERVICE'));
  expect(clock.monotonic() - startedMs).toBeCloseTo(20_000, -1);

  const sent = emulator.control.requests().length;
  await expect(client.getBatch('batches/one')).rejects.toMatchObject(code('SERVICE'));
  await expect(client.download('files/one').next()).rejects.toMatchObject(code('SERVICE'));
  expect(emulator.control.requests()).toHaveLength(sent);
  expect(reasons).toEqual([expect.stringContaining('503')]);
});

test('any answer ends an outage, a refusal too', async () => {
  const {client, emulator, clock} = await useClient({}, {outage: {limitMs: 20_000}});
  for (let round = 0; round < 5; round += 1) {
    emulator.control.fault({on: 'models.get', fault: {kind: 'status', status: 503}, times: 3});
    await client.getModel(MODEL);
    emulator.control.fault({on: 'batches.get', fault: {kind: 'status', status: 503}, times: 3});
    await expect(client.getBatch('batches/one')).rejects.toMatchObject(code('NOT_FOUND'));
  }
  expect(clock.sleeps).toHaveLength(30);
});

test('a service that takes the request and never answers has no longer than that', async () => {
  let requests = 0;
  const url = await useRawServer(() => (requests += 1));
  const {client} = clientOf(url, {outage: {limitMs: 300}});
  const calls = ['one', 'two', 'three'].map(async (id) =>
    expect(client.getBatch(`batches/${id}`)).rejects.toMatchObject(code('SERVICE')),
  );
  await Promise.all(calls);
  await expect(client.getModel(MODEL)).rejects.toMatchObject(code('SERVICE'));
  expect(requests).toBe(3);
});

test('a call that its caller gave up counts for as long as it was not answered', async () => {
  const {client, emulator, clock} = await useClient({}, {outage: {limitMs: 20_000}});
  emulator.control.fault({on: 'batches.cancel', fault: {kind: 'hang_before'}});
  const giveUp = new AbortController();
  const call = client.cancelBatch('batches/one', {signal: giveUp.signal});
  await clock.sleep(20_000);
  giveUp.abort();
  await expect(call).rejects.toMatchObject(code('INTERRUPTED'));
  await expect(client.getModel(MODEL)).rejects.toMatchObject(code('SERVICE'));
  expect(emulator.control.counts()['models.get']).toBeUndefined();
});
