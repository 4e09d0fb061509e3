import {test} from '@jest/globals';
import {GeminiBatchClient} from '../../src/lib/services/gemini/gemini-batch-client.js';
import {systemClock} from '../../src/lib/system-clock.js';
import {useEmulator} from './use-emulator.js';

/** Whether the tests run against the real service: `GEMBATCH_LIVE=1`, with the key in `GEMINI_API_KEY`. It costs cents. */
export const IS_LIVE = process.env['GEMBATCH_LIVE'] === '1';

/** A test of what only the emulator can be made to do. */
export const emulatorOnly = IS_LIVE ? test.skip : test;

/** The service under test, and a client of it with another key. */
export interface Target {
  readonly client: GeminiBatchClient;
  readonly withKey: (apiKey: string) => GeminiBatchClient;
}

/** The real service or an emulator, whichever is under test. */
export async function conformanceTarget(): Promise<Target> {
  const live = process.env['GEMINI_API_KEY'];
  if (IS_LIVE) {
    if (live === undefined) throw new Error('GEMBATCH_LIVE=1 needs GEMINI_API_KEY.');
    const withKey = (apiKey: string): GeminiBatchClient =>
      new GeminiBatchClient({apiKey, clock: systemClock});
    return {client: withKey(live), withKey};
  }
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const withKey = (apiKey: string): GeminiBatchClient =>
    new GeminiBatchClient({apiKey, clock: systemClock, baseUrl: emulator.url});
  return {client: withKey(env.GEMINI_API_KEY), withKey};
}
