import {setTimeout as delay} from 'node:timers/promises';

/** Far more than anything takes that a test waits for. */
const LIMIT_MS = 15_000;

/**
 * Waits for something that another process brings about.
 *
 * @throws Error when it does not come about.
 */
export async function until(condition: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`It did not come about within ${limitMs} ms.`);
    await delay(5);
  }
}
