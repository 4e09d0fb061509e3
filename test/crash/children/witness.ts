import {createHash} from 'node:crypto';
import {linkSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';

/**
 * Shows whether this process is alone inside: of all live processes only one can have the witness.
 *
 * @param path - names the witness; nothing else may use it.
 * @returns what gives it back; null when another process has it.
 */
export function enterAlone(path: string): (() => void) | null {
  return process.platform === 'linux' ? bindName(path) : linkFile(path);
}

/** The kernel gives an abstract socket name to one process, and takes it back when that one dies. */
function bindName(path: string): (() => void) | null {
  const server = createServer();
  // The bind itself is done at once; only its error comes later, and says no more than `listening` does.
  server.on('error', () => undefined);
  server.listen(`\0${createHash('sha256').update(path).digest('hex')}`);
  if (!server.listening) return null;
  return () => {
    server.close();
  };
}

/** Elsewhere a file that names its maker, from its first moment on. */
function linkFile(path: string): (() => void) | null {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  for (;;) {
    try {
      linkSync(own, path);
      return () => {
        rmSync(path);
      };
    } catch {
      if (isAlive(Number(readFileSync(path, 'utf8')))) return null;
      rmSync(path, {force: true});
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
