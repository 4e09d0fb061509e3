import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import {expect, test} from '@jest/globals';
import {ROOT} from '../../../../helpers/run-cli.js';

const LIBRARY = pathToFileURL(join(ROOT, 'dist/index.js')).href;

/** Where Node looks for the dispatcher of its fetch. */
const PLACE = "globalThis[Symbol.for('undici.globalDispatcher.1')]";

/** Runs a program that uses gembatch as a library, and returns the JSON that it prints. */
async function program(code: string): Promise<unknown> {
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
  return JSON.parse(stdout);
}

test('a program that loads the library keeps the fetch of its Node', async () => {
  const server = createServer((_, response) => response.end('an answer')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answer = `
    const text = await (await fetch('${url}')).text();
    console.log(JSON.stringify({text, dispatcher: String(${PLACE}.constructor)}));
    process.exit();`;
  try {
    const alone = await program(answer);
    expect(alone).toMatchObject({text: 'an answer'});
    expect(await program(`await import('${LIBRARY}'); ${answer}`)).toEqual(alone);
  } finally {
    server.close();
  }
});

test('a dispatcher that the program has set stays', async () => {
  const own = "{dispatch() {}, name: 'of the program'}";
  expect(
    await program(
      `${PLACE} = ${own}; await import('${LIBRARY}'); console.log(JSON.stringify(${PLACE}.name));`,
    ),
  ).toBe('of the program');
});
