import {availableParallelism} from 'node:os';
import {Worker, type MessagePort} from 'node:worker_threads';

/** The one thread, as long as a file is hashed on it. */
let shared: {readonly worker: Worker; users: number} | undefined;

/**
 * Starts a thread that serves a port as `hash-worker.ts` describes, or shares the one that runs: one is enough, since what
 * else is done with the bytes of all files takes longer than to hash them.
 *
 * When the thread ends, or never starts, the port closes.
 *
 * @returns what gives the port up; with the last one the thread ends. Undefined where there is no core for a thread, or
 *   where none may be started; the port is not used then.
 */
export function serveHash(port: MessagePort): (() => Promise<void>) | undefined {
  if (availableParallelism() < 2) return undefined;
  const thread = shared ?? start();
  if (thread === undefined) return undefined;
  shared = thread;
  thread.users++;
  thread.worker.postMessage(port, [port]);
  return async () => {
    thread.users--;
    if (thread.users > 0) return;
    if (shared === thread) shared = undefined;
    await thread.worker.terminate();
  };
}

function start(): {worker: Worker; users: number} | undefined {
  try {
    // Neither preloaded modules nor flags of the command are for this thread.
    const worker = new Worker(new URL('./hash-worker.js', import.meta.url), {execArgv: [], env: {}});
    const thread = {worker, users: 0};
    const forget = (): void => {
      if (shared === thread) shared = undefined;
    };
    worker.on('error', forget); // Who waits for it learns it from the port.
    worker.on('exit', forget);
    return thread;
  } catch {
    return undefined; // Threads are forbidden here (`node --permission`): the caller hashes on its own.
  }
}
