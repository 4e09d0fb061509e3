import {availableParallelism} from 'node:os';
import {Worker, type MessagePort} from 'node:worker_threads';

/**
 * One thread that serves any number of files, of which each has a port; it runs as long as one of them needs it. One is
 * enough: what the main thread does with the bytes of all files takes about as long.
 */
export class SharedThread {
  readonly #module: URL;
  #running: {readonly worker: Worker; users: number} | undefined;

  /** @param module - what runs on the thread: it is sent each port as a message of its own. */
  constructor(module: URL) {
    this.#module = module;
  }

  /**
   * Has the thread serve a port. When the thread ends, or never starts, the port closes.
   *
   * @returns what gives the port up; with the last one the thread ends. Undefined where there is no core for a thread, or
   *   where none may be started; the port is not used then.
   */
  serve(port: MessagePort): (() => Promise<void>) | undefined {
    if (availableParallelism() < 2) return undefined;
    const thread = this.#running ?? this.#start();
    if (thread === undefined) return undefined;
    this.#running = thread;
    thread.users++;
    thread.worker.postMessage(port, [port]);
    return async () => {
      thread.users--;
      if (thread.users > 0) return;
      if (this.#running === thread) this.#running = undefined;
      await thread.worker.terminate();
    };
  }

  #start(): {worker: Worker; users: number} | undefined {
    try {
      // Neither preloaded modules nor flags of the command are for this thread.
      const worker = new Worker(this.#module, {execArgv: [], env: {}});
      const thread = {worker, users: 0};
      const forget = (): void => {
        if (this.#running === thread) this.#running = undefined;
      };
      worker.on('error', forget); // Who waits for it learns it from the port.
      worker.on('exit', forget);
      return thread;
    } catch {
      return undefined; // Threads are forbidden here (`node --permission`): the caller does the work on its own.
    }
  }
}
