import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {describe, expect, test} from '@jest/globals';
import {
  BIN,
  FAST_CLOCK,
  isolatedEnvironment,
  ROOT,
  runCli,
  startCli,
  type CliOptions,
} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

const bin = join(ROOT, 'test/fixtures/endings/run.js');
const KEY = 'AIzaSyExampleExampleExample';

async function end(args: readonly string[], options: Partial<CliOptions> = {}) {
  return runCli(['end', ...args], {cwd: await tempDir(), bin, ...options});
}

describe('an error of ours', () => {
  test('is told to people on stderr, with what to do, and decides the exit code', async () => {
    const {code, stdout, stderr} = await end(['locked']);
    expect({code, stdout}).toEqual({code: 5, stdout: ''});
    expect(stderr).toContain('Somebody has it.');
    expect(stderr).toContain('Wait until it is done, or raise --lock-timeout.');
    expect(stderr).not.toContain('secret');
  });

  test('is one JSON object of a fixed shape on stdout with --json, with the same exit code', async () => {
    const {code, json, stderr} = await end(['locked', '--json']);
    expect({code, stderr}).toEqual({code: 5, stderr: ''});
    expect(json()).toEqual({
      error: {
        code: 'LOCKED',
        message: 'Somebody has it.',
        exit_code: 5,
        suggestions: ['Wait until it is done, or raise --lock-timeout.'],
        details: {pid: 7},
      },
    });
  });
});

describe.each([
  ['an unknown flag', ['well', '--nonsense'], 'There is no flag --nonsense.'],
  ['a missing argument', [], 'WAY is missing.'],
  ['a surplus argument', ['well', 'more'], 'Unexpected argument: more.'],
  ['a flag without its value', ['well', '--job-info'], '--job-info needs a value.'],
  ['a number that is none', ['well', '--number', 'x'], '--number takes a whole number, not "x".'],
])('wrong usage: %s', (_name, args, message) => {
  test('ends with 2 and the way to the help', async () => {
    const {code, stdout, stderr} = await end(args);
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toContain(message);
    expect(stderr.match(/--help/gu)).toHaveLength(1);
    expect(stderr).toContain('  See how it is used: gembatch end --help\n');
  });

  test('ends with 2 and JSON with --json', async () => {
    const {code, json} = await end([...args.filter((arg) => arg !== '--job-info'), '--json', '--oops']);
    expect(code).toBe(2);
    expect(json()).toMatchObject({error: {code: 'USAGE', exit_code: 2}});
  });
});

test('a flag that is not known names the one that was probably meant', async () => {
  const {json} = await end(['well', '--job-inof', 'x.jsonl', '--json']);
  expect(json()).toMatchObject({
    error: {suggestions: ['Did you mean: --job-info', 'See how it is used: gembatch end --help']},
  });
});

test('a flag that refuses its value keeps its own words', async () => {
  const {code, json} = await end(['well', '--checked', 'that', '--json']);
  expect(code).toBe(2);
  expect(json()).toMatchObject({
    error: {message: '--checked: "that" will not do.', suggestions: ['Leave it out.']},
  });
});

describe('a defect', () => {
  test.each(['bug', 'uncaught', 'rejected'])(
    '%s is reported with the version, without a stack',
    async (way) => {
      const {code, stdout, stderr} = await end([way], {env: {GEMINI_API_KEY: KEY}});
      expect({code, stdout}).toEqual({code: 70, stdout: ''});
      expect(stderr).toMatch(/bug in gembatch \d+\.\d+\.\d+/u);
      expect(stderr).toContain('Please report it');
      expect(stderr).not.toContain('    at ');
      expect(stderr).not.toContain(KEY);
    },
  );

  test('is JSON too with --json, also when nobody caught it', async () => {
    for (const way of ['bug', 'uncaught']) {
      const {code, json, stdout} = await end([way, '--json'], {env: {GEMINI_API_KEY: KEY}});
      expect(code).toBe(70);
      expect(json()).toMatchObject({error: {code: 'BUG', exit_code: 70}});
      expect(stdout).not.toContain(KEY);
    }
  });

  test('shows its stack with DEBUG=gembatch*', async () => {
    const {stderr} = await end(['bug'], {env: {DEBUG: 'gembatch*', GEMINI_API_KEY: KEY}});
    expect(stderr).toContain('    at ');
    expect(stderr).not.toContain(KEY);
  });
});

test('trouble with a local file that nobody handled is STORAGE', async () => {
  const {code, json} = await end(['storage', '--json']);
  expect(code).toBe(10);
  expect(json()).toMatchObject({
    error: {code: 'STORAGE', message: expect.stringContaining('/nowhere/at/all')},
  });
});

test('a switch is true when it is given and false when it is not', async () => {
  expect((await end(['switches', '--loud', '--json'])).json()).toEqual({quiet: false, loud: true});
});

test('an exit code that a command asks for is left alone', async () => {
  const {code, stdout, stderr} = await end(['exit']);
  expect({code, stdout, stderr}).toEqual({code: 7, stdout: '', stderr: ''});
});

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the command come to its end, then decides the exit code', async (signal, code) => {
    const result = await end(['stopped'], {signalAfter: {text: 'waiting', signal}});
    expect(result).toMatchObject({code, signal: null});
    expect(result.stderr).toContain('Again to quit at once.');
    expect(result.stderr).toContain('Run the same command again to go on');
  });

  test('that comes twice ends the command at once', async () => {
    const cli = startCli(['end', 'stubborn'], {cwd: await tempDir(), bin});
    await cli.seen('waiting');
    cli.process.kill('SIGINT');
    await cli.seen('Again to quit at once.');
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({code: 143, signal: null});
  });
});

test('a reader that goes away ends the command without a complaint', async () => {
  const cwd = await tempDir();
  const child = spawn(process.execPath, [bin, 'end', 'talkative'], {cwd, env: isolatedEnvironment(cwd)});
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(130);
});

const withFullDisk = existsSync('/dev/full') ? test : test.skip;

withFullDisk.each([
  [['list']],
  [['list', '--json']],
  [['list', '--help']],
  [['help', 'list']],
  [['help']],
  [['--version']],
  [['nope', '--json']],
])('output that cannot be written is told on stderr: %j', async (args) => {
  const cwd = await tempDir();
  const words = ['-c', '"$@" >/dev/full', 'sh', process.execPath, BIN, ...args];
  const child = spawn('sh', words, {cwd, env: isolatedEnvironment(cwd)});
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect([code, said]).toEqual([10, expect.stringMatching(/^Error: Cannot write the output: ENOSPC/u)]);
});

test('a terminal that goes away lets the command come to its end', async () => {
  const cwd = await tempDir();
  const child = spawn(process.execPath, [bin, 'end', 'stopped'], {cwd, env: isolatedEnvironment(cwd)});
  await once(child.stderr, 'data');
  child.stderr.destroy();
  child.kill('SIGHUP');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(129);
});

test('a preloaded clock makes waits shorter', async () => {
  const {json} = await end(['slow', '--json'], {nodeArgs: FAST_CLOCK, env: {GEMBATCH_TEST_SPEED: '1000'}});
  expect(json()).toEqual({waitedMs: expect.any(Number)});
});
