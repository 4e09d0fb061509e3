import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {CHILDREN, CLI, SUPPORT} from '../support/places.js';

/** How a process is run. */
export interface ProcessOptions {
  /** Its working folder; its home is inside. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Without what the machine tells every Node, such as certificates of its own. */
  readonly isBare?: boolean;
  /** Exit codes that are as expected; only 0 when absent. */
  readonly codes?: readonly number[];
}

/** What a process came to. */
export interface ProcessResult {
  /** From its start to its end, in milliseconds. */
  readonly ms: number;
  readonly stdout: string;
}

/** Runs a program to its end, in an environment without keys and settings of whoever measures, but for those of Node. */
export async function runProcess(
  command: string,
  args: readonly string[],
  {cwd, env = {}, isBare = false, codes = [0]}: ProcessOptions,
): Promise<ProcessResult> {
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: {
      ...(isBare ? {} : settingsOfNode()),
      PATH: process.env['PATH'] ?? '',
      HOME: join(cwd, '.home'),
      LANG: 'C.UTF-8',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedMs;
  if (!codes.includes(code ?? -1))
    throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${await stderr}`);
  return {ms, stdout: await stdout};
}

/** What this machine tells every Node, such as certificates of its own, is part of the start of each. */
function settingsOfNode(): Record<string, string> {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('NODE_'));
  return Object.fromEntries(settings.map(([name, value]) => [name, value ?? '']));
}

/** Runs `gembatch`. */
export function runCli(args: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
  return runProcess(process.execPath, [CLI, ...args], options);
}

/** Runs `gembatch`, and tells the most memory it had at once, in MiB. */
export async function peakMemoryOfCli(args: readonly string[], options: ProcessOptions): Promise<number> {
  const report = join(options.cwd, 'peak-memory.txt');
  await mkdir(options.cwd, {recursive: true});
  const preload = pathToFileURL(join(SUPPORT, 'tell-peak-memory.js')).href;
  await runProcess(process.execPath, ['--import', preload, CLI, ...args], {
    ...options,
    env: {...options.env, GEMBATCH_BENCH_PEAK: report},
  });
  return Number(await readFile(report, 'utf8'));
}

/** Runs a script of `bench/children` and reads the JSON that it prints. */
export async function runChild<T>(
  name: string,
  args: readonly string[],
  options: ProcessOptions & {readonly prefix?: readonly string[]},
): Promise<T> {
  const [command = process.execPath, ...rest] = [
    ...(options.prefix ?? []),
    process.execPath,
    join(CHILDREN, `${name}.js`),
    ...args,
  ];
  return JSON.parse((await runProcess(command, rest, options)).stdout) as T;
}

async function text(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
