import {constants} from 'node:fs';
import {access, statfs} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {describeLockHolder} from '../../domain/lock-holder.js';
import {ownCommand} from '../../domain/program-name.js';
import type {JobStore} from '../../store/job-store.js';
import {failed, ok, skipped, warning, type SetupCheck} from './setup-check.js';

const LITTLE_ROOM_BYTES = 1 << 30;

/** Whether this Node is one that gembatch works on. @param needed - as in package.json: `>=20.18.1`. */
export function checkNode(version: string, needed: string): SetupCheck {
  const parts = (text: string): number[] =>
    text
      .replace(/^[^\d]*/u, '')
      .split('.')
      .map(Number);
  const have = parts(version);
  const least = parts(needed);
  const at = least.findIndex((part, index) => part !== have[index]);
  const isOld = at !== -1 && (have[at] ?? 0) < (least[at] ?? 0);
  if (!isOld) return ok('Node', version);
  return failed('Node', `${version}, but gembatch needs ${needed}`, {
    code: 'USAGE',
    next: 'Install a newer Node.',
  });
}

/** What the job-info file holds, and whether it can be read whole. */
export function checkJobInfo(store: JobStore): SetupCheck {
  const name = 'Job-info file';
  try {
    const {records, openIntents, problems} = store.read();
    if (problems.length > 0)
      return failed(name, `${store.path}: ${problems.length} of its lines cannot be read`, {
        code: 'STORAGE',
        next: `See which, and how to fix them: ${ownCommand('list')}`,
      });
    const detail =
      records.length === 0
        ? `${store.path}: no batch jobs yet`
        : `${store.path}: ${records.length === 1 ? '1 batch job' : `${records.length} batch jobs`}`;
    return openIntents.length === 0
      ? ok(name, detail)
      : warning(
          name,
          `${detail}, ${openIntents.length === 1 ? '1 create' : `${openIntents.length} creates`} without an answer`,
          `Find out: ${ownCommand('poll')}`,
        );
  } catch (error) {
    return failedBy(name, error);
  }
}

/** Who works on the job-info file. */
export async function checkLock(store: JobStore): Promise<SetupCheck> {
  const name = 'Lock';
  try {
    const {isHeld, holder} = await store.lockState();
    return isHeld ? ok(name, `held by ${describeLockHolder(holder)}`) : ok(name, 'free');
  } catch (error) {
    return failedBy(name, error);
  }
}

/** Whether there is room beside the job-info file, and whether it may be written there. */
export async function checkDisk(folder: string): Promise<SetupCheck> {
  const name = 'Disk';
  try {
    await access(folder, constants.W_OK);
  } catch {
    return failed(name, `${folder} cannot be written to`, {code: 'STORAGE', next: 'Fix its permissions.'});
  }
  const room = await statfs(folder).catch(() => undefined);
  if (room === undefined) return skipped(name, 'the system does not say how much room there is');
  const freeBytes = room.bavail * room.bsize;
  const detail = `${(freeBytes / (1 << 30)).toFixed(1)} GiB free in ${folder}`;
  if (freeBytes >= LITTLE_ROOM_BYTES) return ok(name, detail);
  return warning(name, detail, 'Make room: results need about as much as their request files, or more.');
}

/** A check that ended with an error. */
export function failedBy(name: string, error: unknown): SetupCheck {
  if (!(error instanceof GembatchError)) throw error;
  return failed(name, error.message, {code: error.code, next: error.suggestions[0] ?? ''});
}
