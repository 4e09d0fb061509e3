import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {SUPPORT} from './places.js';

/** A server in a process of its own. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one of the servers in this folder and waits for the URL that it prints. */
export async function startServer(name: string, args: readonly string[] = []): Promise<RunningServer> {
  const child = spawn(process.execPath, [join(SUPPORT, `${name}.js`), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  const ended = once(child, 'exit');
  return {
    url: url.toString().trim(),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
