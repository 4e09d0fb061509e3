import {existsSync, statSync} from 'node:fs';

/** A text that differs whenever the job-info file or its journal has changed; far cheaper than reading them. */
export function storeStamp(path: string): string {
  return [`${path}.journal`, path].map((file) => stampOf(file)).join(' ');
}

function stampOf(path: string): string {
  const stats = statSync(path, {bigint: true, throwIfNoEntry: false});
  return stats === undefined ? 'missing' : `${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}

/** Whether somebody may be adding jobs: there is a session lock, of a live process or a dead one. */
export function hasSessionLock(path: string): boolean {
  return existsSync(`${path}.lock`);
}
