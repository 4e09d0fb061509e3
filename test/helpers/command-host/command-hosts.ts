import {fork, type ChildProcess} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {fileURLToPath} from 'node:url';
import type {HostedCommand, HostedEnd} from './messages.js';

const PROGRAM = fileURLToPath(new URL('host.js', import.meta.url));
/** A host that has grown larger is not used again. */
const MAX_RSS_BYTES = 400 * 2 ** 20;

/** What a command has printed, and how it has ended. */
export interface HostedResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command hosts of a Jest worker: as many as commands run at the same time. They end with the worker. */
export class CommandHosts {
  readonly #idle = new Set<ChildProcess>();
  readonly #busy = new Set<ChildProcess>();

  /** Runs a command to its end. */
  async run(command: Omit<HostedCommand, 'end'>): Promise<HostedResult> {
    const [host = this.#start()] = this.#idle;
    this.#idle.delete(host);
    this.#busy.add(host);
    keepWaitingFor(host, true);
    const {result, rssBytes} = await runIn(host, {...command, end: `\0end of ${randomUUID()}\0`});
    keepWaitingFor(host, false);
    this.#busy.delete(host);
    if (rssBytes < MAX_RSS_BYTES) this.#idle.add(host);
    else host.kill();
    return result;
  }

  /** Kills the commands that still run. */
  killAll(): void {
    for (const host of this.#busy) host.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const host = fork(PROGRAM, {stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: []});
    host.stdout?.setEncoding('utf8');
    host.stderr?.setEncoding('utf8');
    host.once('exit', () => this.#idle.delete(host));
    return host;
  }
}

/** Whether this process waits for the host: an idle one keeps no Jest worker running. */
function keepWaitingFor(host: ChildProcess, isWaiting: boolean): void {
  const change = isWaiting ? 'ref' : 'unref';
  for (const handle of [host, host.channel, host.stdout, host.stderr]) {
    (handle as Partial<Record<typeof change, () => void>> | null | undefined)?.[change]?.();
  }
}

/** @returns a memory without bound when the host has ended with the command. */
function runIn(
  host: ChildProcess,
  command: HostedCommand,
): Promise<{result: HostedResult; rssBytes: number}> {
  const {end} = command;
  const output = {stdout: '', stderr: ''};
  let told: HostedEnd | undefined;
  return new Promise((resolve) => {
    const readers = (['stdout', 'stderr'] as const).map((channel) => {
      const read = (text: string): void => {
        output[channel] += text;
        concludeWhenAllIsRead();
      };
      host[channel]?.on('data', read);
      return () => host[channel]?.off('data', read);
    });
    const onMessage = (message: unknown): void => {
      told = message as HostedEnd;
      concludeWhenAllIsRead();
    };
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      conclude({result: {...output, code, signal}, rssBytes: Infinity});
    };
    host.on('message', onMessage).on('close', onClose);
    host.send(command);

    function concludeWhenAllIsRead(): void {
      const {stdout, stderr} = output;
      if (told === undefined || !stdout.endsWith(end) || !stderr.endsWith(end)) return;
      const [printed, reported] = [stdout.slice(0, -end.length), stderr.slice(0, -end.length)];
      const result = {code: told.code, signal: null, stdout: printed, stderr: reported};
      conclude({result, rssBytes: told.rssBytes});
    }
    function conclude(run: {result: HostedResult; rssBytes: number}): void {
      for (const stop of readers) stop();
      host.off('message', onMessage).off('close', onClose);
      resolve(run);
    }
  });
}
