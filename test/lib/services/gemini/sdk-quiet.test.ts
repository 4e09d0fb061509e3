import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect, test} from '@jest/globals';
import {ROOT} from '../../../helpers/run-cli.js';
import {useEmulator} from '../../../helpers/use-emulator.js';
import {MODEL, requestFile} from './client-fixture.js';

const CLIENT = new URL('../../../../src/lib/services/gemini/gemini-batch-client.js', import.meta.url).href;
const CLOCK = new URL('../../../../src/lib/system-clock.js', import.meta.url).href;

/** Everything in an environment that the SDK has something to say about, or that would lead it elsewhere. */
const NOISY_ENVIRONMENT = {
  GOOGLE_API_KEY: 'a',
  GEMINI_API_KEY: 'b',
  GOOGLE_GENAI_USE_VERTEXAI: 'true',
  GOOGLE_GENAI_USE_ENTERPRISE: 'false',
  GOOGLE_CLOUD_PROJECT: 'p',
  GOOGLE_CLOUD_LOCATION: 'global',
  GOOGLE_GENAI_API_VERSION: 'v1',
  GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
};

async function run(script: string): Promise<{stdout: string; stderr: string}> {
  const env = {PATH: process.env['PATH'] ?? '', ...NOISY_ENVIRONMENT};
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {cwd: ROOT, env});
}

function clientScript(url: string): string {
  return `
    import {GeminiBatchClient} from ${JSON.stringify(CLIENT)};
    import {systemClock} from ${JSON.stringify(CLOCK)};
    const client = new GeminiBatchClient({apiKey: 'key', clock: systemClock, baseUrl: ${JSON.stringify(url)}});
  `;
}

test('the SDK stays quiet, and talks to whom it is told, whatever the environment says', async () => {
  const {emulator} = await useEmulator();
  const {stdout, stderr} = await run(
    `${clientScript(emulator.url)} console.log((await client.getModel('${MODEL}')).name);`,
  );
  expect({stdout, stderr}).toEqual({stdout: `${MODEL}\n`, stderr: ''});
  expect(emulator.control.requests()).toMatchObject([{path: `/v1beta/${MODEL}`}]);
});

test('uploads do without the SDK', async () => {
  const {emulator} = await useEmulator();
  const file = await requestFile();
  const hook =
    'export const resolve = (name, context, next) => name.startsWith("@google/") ? Promise.reject(new Error("loaded")) : next(name, context);';
  const {stdout} = await run(`
    import {register} from 'node:module';
    ${clientScript(emulator.url)}
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
    const {name} = await client.uploadFile(${JSON.stringify(file)});
    console.log(name, await client.getModel('${MODEL}').catch((error) => error.message));
  `);
  expect(stdout).toBe(`${emulator.control.files()[0]} loaded\n`);
});
