import {afterEach} from '@jest/globals';
import {createEmulator, type Emulator, type EmulatorOptions} from '../../src/emulator/http/server.js';

/** A running emulator and the environment in which a command talks to it. */
export interface UsedEmulator {
  readonly emulator: Emulator;
  /** For `runCli`: the base URL and a key. */
  readonly env: {readonly GOOGLE_GEMINI_BASE_URL: string; readonly GEMINI_API_KEY: string};
}

const used: Emulator[] = [];

afterEach(async () => {
  await Promise.all(used.splice(0).map((emulator) => emulator.close()));
});

/** Starts an emulator that is closed after the test. */
export async function useEmulator(options: EmulatorOptions = {}): Promise<UsedEmulator> {
  const emulator = await createEmulator(options);
  used.push(emulator);
  return {emulator, env: {GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'test-key'}};
}

/** The environment in which a command talks to the Vertex AI and the Cloud Storage of an emulator, its clock 10 times as fast. */
export function vertexEnv(url: string): Readonly<Record<string, string>> {
  return {
    GOOGLE_VERTEX_BASE_URL: url,
    STORAGE_EMULATOR_HOST: url,
    GOOGLE_CLOUD_PROJECT: 'my-project',
    GEMBATCH_TEST_SPEED: '10',
  };
}
