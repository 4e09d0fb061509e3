import {pathToFileURL} from 'node:url';
import lockfile from 'lockfile';

/** What to do about the locks of this process, by their paths, when it ends. */
const releases = new Map<string, () => void>();

process.on('exit', () => {
  for (const release of releases.values()) release();
});

/**
 * Creates the empty lock file at `path`; throws `EEXIST` when there is one.
 *
 * Of the package `lockfile` only this one exclusive create is used: its `stale`, `wait` and `retries` let two processes hold
 * one lock. When the process ends, the package deletes all locks that it has made, by the texts of their paths and without
 * asking whose they are by then. The text of a URL is no such path, so that it deletes none of ours (`lockfile` 1.0.4,
 * `lockfile.js`: `locks[path]`, `onExit`).
 */
export function lockSync(path: string): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types know of no URL, its `fs.openSync` does.
  lockfile.lockSync(pathToFileURL(path) as unknown as string);
}

/** Says how the lock at `path` is given back when the process ends; null: it is given back. */
export function releaseAtExit(path: string, release: (() => void) | null): void {
  if (release === null) releases.delete(path);
  else releases.set(path, release);
}
