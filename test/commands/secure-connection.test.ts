import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {CERTIFICATE, useTlsFront} from '../helpers/tls-front.js';
import {useEmulator} from '../helpers/use-emulator.js';

const REQUESTS = 10_000;

describe('over a secure connection', () => {
  // Megabytes have to pass in both directions.
  test('request files become verified results', async () => {
    const cwd = await tempDir();
    const {emulator, env} = await useEmulator({speed: 1_000});
    await requestFiles(cwd, 1, REQUESTS);
    const args = ['run', '001.jsonl', '--model', 'gemini-3.5-flash-lite', '--interval', '1s'];
    const url = await useTlsFront(emulator.url);
    const {code} = await runCli(args, {
      cwd,
      env: {...env, GOOGLE_GEMINI_BASE_URL: url, NODE_EXTRA_CA_CERTS: CERTIFICATE},
    });
    expect(code).toBe(0);
    const results = await readFile(join(cwd, 'results/001.jsonl'), 'utf8');
    const lines = results.trimEnd().split('\n');
    expect(new Set(lines.map((line) => (JSON.parse(line) as {key: string}).key)).size).toBe(REQUESTS);
    expect(emulator.control.paid()).toHaveLength(1);
  });

  test('a certificate that is not trusted is told at once, with what to do, and nothing is sent', async () => {
    const cwd = await tempDir();
    const {emulator, env} = await useEmulator();
    await requestFiles(cwd, 1);
    const {code, stderr} = await runCli(['submit', '001.jsonl', '--model', 'gemini-3.5-flash-lite'], {
      cwd,
      env: {...env, GOOGLE_GEMINI_BASE_URL: await useTlsFront(emulator.url)},
    });
    expect(code).toBe(EXIT.service);
    expect(stderr).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(emulator.control.requests()).toEqual([]);
  });

  test('that what answers speaks no TLS is said in words', async () => {
    const {emulator, env} = await useEmulator();
    const url = emulator.url.replace('http:', 'https:');
    const {code, stderr} = await runCli(['adopt'], {
      cwd: await tempDir(),
      nodeArgs: FAST_CLOCK,
      env: {...env, GOOGLE_GEMINI_BASE_URL: url},
    });
    expect([code, stderr]).toEqual([
      EXIT.service,
      expect.stringContaining('(what answers there speaks no TLS)'),
    ]);
  });
});
