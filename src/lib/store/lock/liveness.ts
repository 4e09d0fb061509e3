import {uptime} from 'node:os';
import {systemCode} from '../file/file-steps.js';
import {ownProcess} from './owner-id.js';
import type {OwnerId} from './owner-id.js';
import {processStatus} from './process-status.js';

/**
 * - `alive`, `dead`: certain.
 * - `other-boot`: on a machine of this name and id under another boot id. As a rule that is this machine before it was
 *   started again; it may be a copy of it (a cloned virtual machine) that runs beside it.
 * - `foreign`: on another host or in another pid namespace; only its silence can tell.
 * - `unknown`: a process with that pid runs here, but it is unknown whether it is the same one.
 */
export type Liveness = 'alive' | 'dead' | 'other-boot' | 'foreign' | 'unknown';

/** Whether the process that bears this id still runs. Age and clocks play no part. */
export function livenessOf(owner: OwnerId): Liveness {
  const self = ownProcess();
  if (owner.machine !== self.machine) return 'foreign';
  // Before the namespace: after a restart of the machine no process of any container is left.
  if (owner.boot !== self.boot) return 'other-boot';
  if (owner.pidNamespace !== self.pidNamespace) return 'foreign';
  return signalReaches(owner.pid) ? identityOf(owner) : 'dead';
}

/** A file of a copy of this machine that is still being written is not so old. */
const STALE_FILE_MS = 3_600_000;

/**
 * Whether a temporary file is abandoned: its owner is dead, or it was last written before this machine started,
 * under another boot id.
 *
 * @param modifiedMs - when it was last written, epoch milliseconds.
 */
export function isStale(owner: OwnerId, modifiedMs: number): boolean {
  const liveness = livenessOf(owner);
  if (liveness !== 'other-boot') return liveness === 'dead';
  return wasBeforeStart(modifiedMs) && Date.now() - modifiedMs > STALE_FILE_MS;
}

/** Whether a moment, in epoch milliseconds, lies before this machine was started. */
export function wasBeforeStart(ms: number): boolean {
  return ms < Date.now() - uptime() * 1000;
}

/** Signal 0 is not delivered; it only asks whether the process exists. A process of another user counts. */
function signalReaches(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Pids are used again, and a dead child that was not waited for still takes signals. */
function identityOf(owner: OwnerId): Liveness {
  const status = processStatus(owner.pid);
  if (status === 'unknown' || owner.startTime === '0') return 'unknown';
  // It takes signals and is hidden all the same: a process of another user, on a system that hides those.
  if (status === null) return signalReaches(owner.pid) ? 'alive' : 'dead';
  return status.isZombie || status.startTime !== owner.startTime ? 'dead' : 'alive';
}
