import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {constants} from 'node:os';
import {GembatchError} from '../lib/domain/errors.js';

/** Signals that a terminal sends to all processes in front of it, this one and the command alike. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** Variables that would lead the command past the emulator: other keys, and Vertex AI in place of the Gemini API. */
const HIDDEN_VARIABLES = [
  'GOOGLE_API_KEY',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_GENAI_USE_ENTERPRISE',
  'GOOGLE_APPLICATION_CREDENTIALS',
] as const;

/** Variables that keep clients from asking a proxy for this machine. */
const NO_PROXY_VARIABLES = ['NO_PROXY', 'no_proxy'] as const;

/**
 * Runs a command that is to use the emulator, with the input and output of this process, and waits for its end.
 *
 * @param variables - set in its environment.
 * @returns its exit code; 128 and the number of the signal that ended it, as shells have it.
 * @throws GembatchError `USAGE` when there is no such command.
 */
export async function runChild(
  [command = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  const child = spawn(command, args, {stdio: 'inherit', env: environmentWith(variables)});
  const stopForwarding = forwardSignals(child);
  try {
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'close');
    if (typeof code === 'number') return code;
    return 128 + (typeof signal === 'string' ? constants.signals[signal] : 0);
  } catch (error) {
    throw new GembatchError('USAGE', `${command}: cannot be run.`, {
      suggestions: ['Check the command after --; it must be a program that can be found.'],
      cause: error,
    });
  } finally {
    stopForwarding();
  }
}

function environmentWith(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {...process.env, ...variables};
  for (const name of HIDDEN_VARIABLES) delete environment[name];
  for (const name of NO_PROXY_VARIABLES) {
    const others = environment[name];
    environment[name] = others ? `${others},127.0.0.1` : '127.0.0.1';
  }
  return environment;
}

/**
 * Passes signals on to the command. Those of a terminal it has got already, and a second one could mean something else to
 * it, so they are only outlived here.
 */
function forwardSignals(child: ChildProcess): () => void {
  const isOnTerminal = [process.stdin, process.stdout, process.stderr].some(({isTTY}) => isTTY);
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const outlive = (): void => undefined;
  const handlers = [
    ['SIGTERM', forward] as const,
    ...TERMINAL_SIGNALS.map((signal) => [signal, isOnTerminal ? outlive : forward] as const),
  ];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
