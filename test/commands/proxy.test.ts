import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {useConnectProxy, type ConnectProxy} from '../helpers/connect-proxy.js';
import {useRenamingFront} from '../helpers/renaming-front.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL, records, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {CERTIFICATE, useTlsFront} from '../helpers/tls-front.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

const PASSWORD = 'pass-word-of-ann';

interface BehindProxy {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly proxy: ConnectProxy;
  /** Leads to the service by its name, which nobody but the proxy knows. */
  readonly env: Readonly<Record<string, string>>;
}

/** The service behind TLS, and a proxy that asks for a password. */
async function behindProxy({password = PASSWORD, speed = 0} = {}): Promise<BehindProxy> {
  const folder = await tempDir();
  await requestFiles(folder, 1);
  const {emulator, env} = await useEmulator({seed: 1, speed});
  const proxy = await useConnectProxy(
    await useTlsFront(await useRenamingFront(emulator.url)),
    `ann:${PASSWORD}`,
  );
  return {
    folder,
    emulator,
    proxy,
    env: {
      ...env,
      GOOGLE_GEMINI_BASE_URL: 'https://service.test',
      HTTPS_PROXY: proxy.url.replace('http://', `http://ann:${password}@`),
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
    },
  };
}

describe('with HTTPS_PROXY', () => {
  test('every request of a run goes through it: upload, create, polls and download', async () => {
    const {folder, emulator, proxy, env} = await behindProxy({speed: 1_000});
    const args = ['run', '001.jsonl', '--model', MODEL, '--interval', '1s'];
    const {code, stdout, stderr} = await runCli(args, {cwd: folder, env});
    expect({code, stderr: code === 0 ? '' : stderr}).toEqual({code: 0, stderr: ''});
    expect(await readFile(join(folder, 'results/001.jsonl'), 'utf8')).toContain('"response"');
    expect(emulator.control.paid()).toHaveLength(1);
    expect(new Set(proxy.asked)).toEqual(new Set(['service.test:443']));
    expect(`${stdout}${stderr}${JSON.stringify(await records(folder))}`).not.toContain(PASSWORD);
  });

  test('that breaks after the create, the job is found and recorded; one is paid', async () => {
    const {folder, emulator, proxy, env} = await behindProxy();
    emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
    const submitting = submit({folder, env, speed: 100}, '001.jsonl');
    await until(() => emulator.control.counts()['batches.create'] === 1);
    proxy.breakAll();
    const {code, result} = await submitting;
    expect({code, tally: tally(result)}).toEqual({code: 0, tally: {submitted: 1}});
    expect(emulator.control.paid()).toHaveLength(1);
    expect(await records(folder)).toHaveLength(1);
  });

  test('that refuses the password, it is named without it, and the service hears nothing', async () => {
    const {folder, emulator, proxy, env} = await behindProxy({password: 'wrong-word'});
    const args = ['submit', '001.jsonl', '--model', MODEL];
    const {code, stdout, stderr} = await runCli(args, {cwd: folder, env});
    expect(code).toBe(EXIT.service);
    expect(stderr).toContain(`the proxy ${proxy.url} asks for a user name and a password`);
    expect(`${stdout}${stderr}`).not.toContain('wrong-word');
    expect(emulator.control.requests()).toEqual([]);
  });
});
