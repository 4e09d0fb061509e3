import {setTimeout as sleep} from 'node:timers/promises';
import type {CallFaults} from '../control/faults.js';

/** A transfer that breaks off where a fault wants it to. */
export class Dropped extends Error {}

/**
 * Passes bytes on as the faults of a call want it: slowed down, or broken off after some of them.
 *
 * @throws Dropped when the connection is to break.
 */
export async function* throttled(bytes: AsyncIterable<unknown>, faults: CallFaults): AsyncGenerator<Buffer> {
  const drop = faults.get('drop_after_bytes');
  const bandwidth = faults.get('bandwidth');
  const startMs = performance.now();
  let passed = 0;
  for await (const chunk of bytes) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (drop !== undefined && passed + chunk.length >= drop.bytes) {
      const rest = chunk.subarray(0, Math.max(0, drop.bytes - passed));
      if (rest.length > 0) yield rest;
      throw new Dropped();
    }
    passed += chunk.length;
    if (bandwidth !== undefined)
      await sleep(startMs + (passed / bandwidth.bytes_per_second) * 1_000 - performance.now(), undefined, {
        // An emulator that is ended does not wait for it.
        ref: false,
      });
    yield chunk;
  }
}
