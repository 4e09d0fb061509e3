import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {afterEach} from '@jest/globals';
import type {CommandHosts} from './command-host/command-hosts.js';

/** Root of the repository; tests run from `.build/test/...`. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The launcher that users run. */
export const BIN = join(ROOT, 'bin/run.js');

const FAST_CLOCK_MODULE = join(ROOT, 'test/helpers/fast-clock.js');

/** The preload that makes time run faster in a child process: `nodeArgs: FAST_CLOCK`, `env: {GEMBATCH_TEST_SPEED: '60'}`. */
export const FAST_CLOCK: readonly string[] = ['--import', pathToFileURL(FAST_CLOCK_MODULE).href];

export interface CliOptions {
  /** Working folder of the command; its home and temporary folders are inside it, below `.home`. */
  readonly cwd: string;
  /** Added to an environment without keys, base URL, CI marks and colours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text on its stdin; without it stdin is closed. */
  readonly input?: string;
  /** Arguments of node itself. */
  readonly nodeArgs?: readonly string[];
  /** Sends a signal once some text has appeared on stdout or stderr. */
  readonly signalAfter?: {readonly text: string; readonly signal: NodeJS.Signals};
  /** Another launcher than that of the repository. */
  readonly bin?: string;
  /** Runs it in a process that has run no other command. */
  readonly isAlone?: boolean;
  /** Runs it in a terminal of 80 columns, on which stdout and stderr are one. */
  readonly isOnTerminal?: boolean;
}

export interface CliResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout holds, as one JSON value. */
  readonly json: () => unknown;
}

/** A command that is running. */
export interface RunningCli {
  readonly process: ChildProcess;
  /** Resolves once `text` has appeared on stdout or stderr; rejects when the command ends without it. */
  seen(text: string): Promise<void>;
  /** Resolves when the command has ended. */
  readonly ended: Promise<CliResult>;
}

const running = new Set<ChildProcess>();
const {commandHosts} = globalThis as {commandHosts?: CommandHosts};

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  commandHosts?.killAll();
});

/**
 * Runs the real command line to its end: in a process that has run other commands before, which takes a tenth of the time, or
 * in one of its own where that could be seen. With GEMBATCH_TEST_PROCESSES=own in the environment it is always the latter.
 */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  if (commandHosts !== undefined && canBeHosted(options)) {
    const {cwd, env, nodeArgs = []} = options;
    const ended = await commandHosts.run({
      main: join(ROOT, 'dist/main.js'),
      ...(nodeArgs.length > 0 ? {clock: FAST_CLOCK_MODULE} : {}),
      args,
      env: {...isolatedEnvironment(cwd), ...env},
      cwd,
    });
    return {...ended, json: (): unknown => JSON.parse(ended.stdout)};
  }
  const cli = startCli(args, options);
  const {signalAfter} = options;
  if (signalAfter) {
    await cli.seen(signalAfter.text);
    cli.process.kill(signalAfter.signal);
  }
  return cli.ended;
}

/** Variables that gembatch reads when a command asks for them; others are read by Node or a library, perhaps only once. */
const READ_LATE = /^(?:GEMBATCH|GEMINI|GITHUB|GOOGLE|STORAGE_EMULATOR)_/u;

/** Whether a command can run in a process that ran others: nothing is asked of its node, its terminal or its stdin, and no signals. */
function canBeHosted({env = {}, nodeArgs, ...options}: CliOptions): boolean {
  const {bin, input, isAlone, isOnTerminal, signalAfter} = options;
  const isPlain = [bin, input, isAlone, isOnTerminal, signalAfter].every((option) => option === undefined);
  const hasPlainNode = nodeArgs === undefined || nodeArgs.length === 0 || nodeArgs === FAST_CLOCK;
  return isPlain && hasPlainNode && Object.keys(env).every((name) => READ_LATE.test(name));
}

/** Starts the real command line in a child process of its own; it is killed after the test if it still runs then. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const words = [process.execPath, ...(options.nodeArgs ?? []), options.bin ?? BIN, ...args];
  const [command = '', ...rest] = options.isOnTerminal ? onTerminal(words) : words;
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: {
      ...isolatedEnvironment(options.cwd),
      ...(options.isOnTerminal ? {TERM: 'xterm-256color'} : {}),
      ...options.env,
    },
    stdio: 'pipe',
  });
  running.add(child);
  // A command may end before it has read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');

  const output = {stdout: '', stderr: ''};
  for (const channel of ['stdout', 'stderr'] as const) {
    child[channel].setEncoding('utf8').on('data', (text: string) => {
      output[channel] += text;
      child.emit('output');
    });
  }
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    running.delete(child);
    return {
      ...output,
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
      json: (): unknown => JSON.parse(output.stdout),
    };
  });
  return {process: child, ended, seen: (text) => seen({child, output, ended, text})};
}

/** The command by which `script` runs another one in a terminal; on macOS it has other options. */
function onTerminal(words: readonly string[]): readonly string[] {
  const quoted = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const line = `stty rows 24 cols 80; exec ${quoted}`;
  return process.platform === 'linux'
    ? ['script', '-qec', line, '/dev/null']
    : ['script', '-q', '/dev/null', 'sh', '-c', line];
}

async function seen(wait: {
  child: ChildProcess;
  output: {stdout: string; stderr: string};
  ended: Promise<CliResult>;
  text: string;
}): Promise<void> {
  const {child, output, ended, text} = wait;
  let hasEnded = false;
  const end = ended.then(() => {
    hasEnded = true;
  });
  while (!output.stdout.includes(text) && !output.stderr.includes(text)) {
    if (hasEnded) {
      throw new Error(`"${text}" never appeared.\nstdout: ${output.stdout}\nstderr: ${output.stderr}`);
    }
    await Promise.race([once(child, 'output'), end]);
  }
}

/** This process's environment without anything that changes what the command does or how it prints. */
export function isolatedEnvironment(folder: string): Record<string, string> {
  const {PATH = ''} = process.env;
  const home = join(folder, '.home');
  return {
    PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
}
