import {existsSync, statfsSync} from 'node:fs';
import {mkdtemp, realpath, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach} from '@jest/globals';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 2 ** 31;

/** Where tests make their folders: in memory if the system has room there, because each command waits for the disk some ten times. */
export const TEMP = hasRoom(MEMORY) ? MEMORY : tmpdir();

const made: string[] = [];

afterEach(async () => {
  await Promise.all(made.splice(0).map((path) => rm(path, {recursive: true, force: true, maxRetries: 3})));
});

/** A new, empty folder (its real path) that is removed after the test. */
export async function tempDir(): Promise<string> {
  const path = await realpath(await mkdtemp(join(TEMP, 'gembatch-')));
  made.push(path);
  return path;
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const {bavail, bsize} = statfsSync(folder);
  return bavail * bsize >= ENOUGH_BYTES;
}
