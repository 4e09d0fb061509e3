import type {Fault} from './faults.js';

/** A transfer that breaks off where a fault wants it to. */
export class Dropped extends Error {}

/**
 * Passes bytes on as a fault wants it: slowed down, or broken off after some of them.
 *
 * @throws Dropped when the connection is to break.
 */
export async function* throttled(
  bytes: AsyncIterable<unknown>,
  fault: Fault | undefined,
): AsyncGenerator<Buffer> {
  let passed = 0;
  const startMs = performance.now();
  for await (const chunk of bytes) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (fault?.kind === 'drop_after_bytes' && passed + chunk.length > fault.bytes) {
      const rest = chunk.subarray(0, Math.max(0, fault.bytes - passed));
      if (rest.length > 0) yield rest;
      throw new Dropped();
    }
    passed += chunk.length;
    if (fault?.kind === 'bandwidth') {
      const dueMs = startMs + (passed / fault.bytes_per_second) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    }
    yield chunk;
  }
}
