import {readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {requestLines} from '../../helpers/request-files.js';
import {ROOT, runCli, startCli} from '../../helpers/run-cli.js';
import {MODEL} from '../../helpers/submit.js';
import {tempDir} from '../../helpers/temp-dir.js';
import {useEmulator} from '../../helpers/use-emulator.js';

/** Lists the batch jobs with Google's SDK, as a command that knows nothing of gembatch would. */
const LIST_WITH_SDK = `
  import {GoogleGenAI} from '@google/genai';
  const ai = new GoogleGenAI({});
  const file = await ai.files.upload({file: new Blob(['{"key":"a","request":{"contents":[{"parts":[{"text":"hi"}]}]}}']), config: {mimeType: 'text/plain'}});
  await ai.batches.create({model: 'gemini-3.5-flash-lite', src: file.name, config: {displayName: 'mine'}});
  for await (const job of await ai.batches.list({config: {pageSize: 5}})) console.log(job.displayName, job.state);
`;

const show = (expression: string): string[] => [
  '--',
  'node',
  '-e',
  `console.log(JSON.stringify(${expression}))`,
];

describe('gembatch emulator exec', () => {
  test('runs a command on an emulator of its own, out of reach of real keys', async () => {
    const {code, json} = await runCli(['emulator', 'exec', ...show('process.env')], {
      cwd: await tempDir(),
      env: {
        GEMINI_API_KEY: 'real',
        GOOGLE_API_KEY: 'real',
        GOOGLE_GENAI_USE_VERTEXAI: 'true',
        NO_PROXY: 'example.com',
      },
    });
    expect(code).toBe(0);
    const environment = json();
    expect(environment).toMatchObject({
      GOOGLE_GEMINI_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/u),
      GEMINI_API_KEY: 'emulator',
      NO_PROXY: 'example.com,127.0.0.1',
    });
    expect(environment).not.toHaveProperty('GOOGLE_API_KEY');
    expect(environment).not.toHaveProperty('GOOGLE_GENAI_USE_VERTEXAI');
  });

  test('keeps its records and results apart, so that a trial hides no real submission', async () => {
    const cwd = await tempDir();
    await writeFile(join(cwd, 'a.jsonl'), requestLines(2, 'a'));
    const bin = join(ROOT, 'bin/run.js');
    const command = ['run', 'a.jsonl', '-m', MODEL, '--interval', '200ms'];
    const trial = await runCli(['emulator', 'exec', '--speed', '60', '--', 'node', bin, ...command], {
      cwd,
      env: {GEMBATCH_JOB_INFO: 'real.jsonl'},
    });
    expect(trial.code).toBe(0);
    expect(trial.stderr).toContain('recorded in emulator-job-info.jsonl, results go to emulator-results/');
    expect((await readdir(cwd)).filter((name) => !name.startsWith('.')).toSorted()).toEqual([
      'a.jsonl',
      'emulator-job-info.jsonl',
      'emulator-results',
    ]);
    // The real submission follows.
    const {emulator, env} = await useEmulator();
    expect((await runCli(['submit', 'a.jsonl', '-m', MODEL], {cwd, env})).code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(1);
  });

  // Loads the SDK in a process of its own.
  test("serves Google's SDK, and says what would have been paid", async () => {
    const {code, stdout, stderr} = await runCli(
      [
        'emulator',
        'exec',
        '--paid',
        '--speed',
        '0',
        '--',
        'node',
        '--input-type=module',
        '-e',
        LIST_WITH_SDK,
      ],
      {cwd: process.cwd()},
    );
    expect([code, stdout]).toEqual([0, 'mine JOB_STATE_PENDING\n']);
    expect(stderr).toMatch(/would have been paid for: 1\n {2}batches\/[a-z0-9]{36} {2}1 requests {2}mine\n/u);
  });

  test('passes on the exit code of the command, and flags behind -- to it', async () => {
    const cwd = await tempDir();
    const exit = await runCli(['emulator', 'exec', '--', 'node', '-e', 'process.exit(42)'], {cwd});
    expect(exit.code).toBe(42);
    const killed = await runCli(
      ['emulator', 'exec', '--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'],
      {cwd},
    );
    expect(killed.code).toBe(137);
    const flags = await runCli(
      ['emulator', 'exec', '--', 'node', '-p', 'process.argv.slice(1).join()', '--', '--speed', '--json'],
      {cwd},
    );
    expect(flags.stdout).toBe('--speed,--json\n');
  });

  test('passes signals on to the command and ends with it', async () => {
    const script =
      'process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("ready")';
    const cli = startCli(['emulator', 'exec', '--', 'node', '-e', script], {cwd: await tempDir()});
    await cli.seen('ready');
    cli.process.kill('SIGTERM');
    expect((await cli.ended).code).toBe(3);
  });

  test('says when there is no such command', async () => {
    const {code, stderr} = await runCli(['emulator', 'exec', '--', 'no-such-command'], {
      cwd: await tempDir(),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('no-such-command: cannot be run.');
  });

  test('takes faults from a file, and names what is wrong in it', async () => {
    const cwd = await tempDir();
    await writeFile(
      join(cwd, 'faults.json'),
      '[{"on":"models.list","fault":{"kind":"status","status":418}}]',
    );
    const get = `(await fetch(process.env.GOOGLE_GEMINI_BASE_URL + '/v1beta/models?key=k')).status`;
    const args = (file: string): string[] => [
      'emulator',
      'exec',
      '--faults',
      file,
      '--',
      'node',
      '--input-type=module',
      '-e',
      `console.log(${get})`,
    ];
    expect((await runCli(args('faults.json'), {cwd})).stdout).toBe('418\n');

    await writeFile(join(cwd, 'wrong.json'), '{"faults":[{"on":"models.list","fault":{"kind":"odd"}}]}');
    const {code, stderr} = await runCli(args('wrong.json'), {cwd});
    expect(code).toBe(2);
    expect(stderr).toContain(
      'wrong.json: The scenario is wrong: "faults" is wrong: "fault" is wrong: "kind" must be one of',
    );
  });
});
