import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {afterEach} from '@jest/globals';
import type {OwnerId} from '../../../src/lib/store/lock/owner-id.js';
import {ROOT} from '../../helpers/run-cli.js';
import {tempDir} from '../../helpers/temp-dir.js';
import {lockText, ownerIdLike} from '../../lib/store/owner-fixture.js';

/** The compiled modules as they are shipped. */
export const SHIPPED = join(ROOT, '.build/src');

/** What `children/contend.ts` is told. */
export interface ContendOptions {
  /** Folder of the compiled modules to attack. */
  readonly src: string;
  readonly path: string;
  /** Names the process in the log. */
  readonly name: string;
  /** How long it keeps the lock, in milliseconds. */
  readonly holdMs?: number;
  /** How many times shorter than usual it waits between two tries, so that a herd stays a herd; 20 by default. */
  readonly haste?: number;
  /** Kills itself before that file operation of its locks, counted from 1. */
  readonly killAtStep?: number;
  /** Whether half of the bytes are written when that operation is a write. */
  readonly isHalfWritten?: boolean;
}

/** Around a contender: arguments of node, and a program that starts node. */
export interface Surroundings {
  readonly nodeArgs?: readonly string[];
  readonly launcher?: readonly string[];
}

/** A process of a script, with its stdin and stdout. */
export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const children = new Set<Child>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a script of `children`, which is killed after the test. */
export function startChild(
  script: string,
  argument: object,
  {nodeArgs = [], launcher = []}: Surroundings = {},
): Child {
  const [command = process.execPath, ...args] = [...launcher, process.execPath, ...nodeArgs];
  const child = spawn(command, [...args, childScript(script), JSON.stringify(argument)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // It may be killed at any time, also while it is written to.
  child.stdin.on('error', () => undefined);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The path of a script of `children`. */
export function childScript(name: string): string {
  return fileURLToPath(new URL(`../children/${name}.js`, import.meta.url));
}

/** A process that wants a lock. */
export class Contender {
  readonly process: Child;
  readonly #lines: AsyncIterator<string>;
  #errorText = '';

  private constructor(child: Child) {
    this.process = child;
    this.#lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errorText += text));
  }

  /** Starts one and waits until it is ready. */
  static async start(options: ContendOptions, surroundings: Surroundings = {}): Promise<Contender> {
    const contender = new Contender(startChild('contend', options, surroundings));
    await contender.answer();
    return contender;
  }

  /** What it said when it failed. */
  get errorText(): string {
    return this.#errorText;
  }

  /**
   * Lets it take the lock so many times.
   *
   * @returns its answer when it has; null when it died before.
   */
  take(times: number): Promise<string | null> {
    this.process.stdin.write(`${times}\n`);
    return this.answer();
  }

  /** Lets it take the lock and stop itself while it holds it; resolves when it has stopped. */
  async takeAndStop(): Promise<void> {
    this.process.stdin.write('stop\n');
    await this.answer();
  }

  /** The next line that it prints; null when it died. */
  async answer(): Promise<string | null> {
    const {done, value} = await this.#lines.next();
    return done ? null : value;
  }

  /** Lets it come to its end and waits for that. */
  async end(): Promise<void> {
    const {process: child} = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    await ended;
  }
}

/** A lock that nobody has yet, with a counter and a log of what happened under it. */
export class ContestedLock {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
    writeFileSync(`${path}.counter`, '0');
  }

  static async make(): Promise<ContestedLock> {
    return new ContestedLock(join(await tempDir(), 'job-info.jsonl.lock'));
  }

  /** What the log says of one process, or of all. */
  notes(name = ''): string[] {
    if (!existsSync(`${this.path}.log`)) return [];
    const lines = readFileSync(`${this.path}.log`, 'utf8').trim().split('\n');
    return lines.filter((line) => line.startsWith(name === '' ? '' : `${name} `));
  }

  /** How often the lock was taken and the counter moved. */
  get counted(): number {
    return this.notes().filter((line) => line.includes(' counted ')).length;
  }

  /** Everything that must not be in the log: two inside at once, one value counted twice. */
  violations(): string[] {
    const notes = this.notes();
    const seen = new Set<string>();
    const bad = notes.filter((line) => {
      const value = / counted (\d+)$/.exec(line)?.[1];
      if (value === undefined) return true;
      const isTwice = seen.has(value);
      seen.add(value);
      return isTwice;
    });
    const last = Number(readFileSync(`${this.path}.counter`, 'utf8'));
    const largest = Math.max(0, ...[...seen].map(Number));
    if (last < largest) bad.push(`the counter went back from ${largest} to ${last}`);
    return bad;
  }
}

/** Puts a lock in place as a process leaves it that died holding it, or, without a name, while it made it. */
export function putDeadLock(path: string, owner: Partial<OwnerId>, hasName: boolean): void {
  const id = ownerIdLike(owner);
  if (!hasName) writeFileSync(`${path}.${id}`, '');
  writeFileSync(`${path}.prepared`, hasName ? lockText(id) : '');
  renameSync(`${path}.prepared`, path);
}
