/**
 * Names that are reserved by a small file, where a file system has no hard links (exFAT, many network drives): only an
 * exclusive create proves there that the name was free, and a rename would replace what another process put there meanwhile.
 */
import {writeFileSync} from 'node:fs';
import {open, readFile, stat, unlink} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {isStale} from '../lock/liveness.js';
import {newOwnerId, parseOwnerId} from '../lock/owner-id.js';
import {systemCode} from './file-steps.js';

const MARK = 'gembatch is about to put a file here: ';
const MOST_BYTES = 256;
/** Far more than a rename takes. */
const MOST_LOOKS = 100;
const LOOK_MS = 20;

/** Reserves a name for this process; throws `EEXIST` when anything has it. Renaming a file to it takes it. */
export async function reserveName(path: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(`${MARK}${newOwnerId()}\n`);
  } finally {
    await handle.close();
  }
}

/** As `reserveName`, at once, for whoever holds a lock. */
export function reserveNameNow(path: string): void {
  writeFileSync(path, `${MARK}${newOwnerId()}\n`, {flag: 'wx', mode: 0o600});
}

/** Waits until a name that another process has reserved is taken, and removes a reservation whose process is dead. */
export async function clearReservation(path: string): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const reservation = await read(path);
    if (reservation === 'none') return;
    if (reservation === 'dead') {
      await unlink(path);
      return;
    }
    await delay(LOOK_MS);
  }
}

async function read(path: string): Promise<'none' | 'live' | 'dead'> {
  try {
    const stats = await stat(path);
    if (!stats.isFile() || stats.size === 0 || stats.size > MOST_BYTES) return 'none';
    const text = await readFile(path, 'utf8');
    const owner = text.startsWith(MARK) ? parseOwnerId(text.slice(MARK.length).trim()) : null;
    if (owner === null) return 'none';
    return isStale(owner, stats.mtimeMs) ? 'dead' : 'live';
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(systemCode(error))) return 'none';
    throw error;
  }
}
