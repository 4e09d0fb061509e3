/**
 * The program of a command host: a process that runs one command after the other through `dist/main.js`, as `bin/run.js` does
 * in a process of its own. It has loaded and compiled the modules by the second one.
 *
 * A command ends as its process would: when nothing is left that keeps the event loop running, or by `process.exit`,
 * which ends this process.
 */
import {pathToFileURL} from 'node:url';
import type {HostedCommand, HostedEnd} from './messages.js';

const {channel} = process;
if (channel === undefined) throw new Error('A command host is started by fork().');
const CLOCK = Symbol.for('gembatch.clock');
/** What a command listens to until its process ends; other listeners are of modules, which stay loaded. */
const LISTENED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException'] as const;
const OUTPUTS = [process.stdout, process.stderr] as const;
/** Node's own listeners. */
const kept = new Set(
  OUTPUTS.flatMap((stream) => stream.eventNames().flatMap((name) => stream.rawListeners(name))),
);

let count = 0;
let current: {readonly end: string; isSettled: boolean} | undefined;

process.on('message', (command: HostedCommand) => void run(command));
process.on('disconnect', () => process.exit());
process.on('beforeExit', conclude);

async function run({main, clock, args, env, cwd, end}: HostedCommand): Promise<void> {
  channel?.unref();
  count += 1;
  const running = {end, isSettled: false};
  current = running;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, 'gembatch', ...args];
  process.exitCode = undefined;
  Reflect.deleteProperty(globalThis, CLOCK);
  if (clock !== undefined) await evaluate(clock);
  await evaluate(main);
  running.isSettled = true;
}

/** Evaluates a module again; what it imports is loaded already. */
async function evaluate(path: string): Promise<void> {
  await import(`${pathToFileURL(path).href}?run=${count}`);
}

function conclude(): void {
  if (current === undefined) return;
  const {end, isSettled} = current;
  current = undefined;
  // As Node ends a process whose main module awaits what never comes.
  const code = Number(isSettled ? (process.exitCode ?? 0) : 13);
  for (const listener of process.listeners('exit')) listener(code);
  for (const event of LISTENED) process.removeAllListeners(event);
  for (const stream of OUTPUTS) {
    for (const name of stream.eventNames()) {
      for (const listener of stream.rawListeners(name))
        if (!kept.has(listener)) stream.off(name, listener as () => void);
    }
    stream.write(end);
  }
  channel?.ref();
  process.send?.({code, rssBytes: process.memoryUsage.rss()} satisfies HostedEnd);
}
