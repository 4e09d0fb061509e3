import {systemCode} from '../file/file-steps.js';
import {ownProcess} from './owner-id.js';
import type {OwnerId} from './owner-id.js';
import {processStatus} from './process-status.js';

/**
 * - `alive`, `dead`: certain.
 * - `foreign`: on another host or in another pid namespace; only its silence can tell.
 * - `unknown`: a process with that pid runs here, but nobody can say whether it is the same one.
 */
export type Liveness = 'alive' | 'dead' | 'foreign' | 'unknown';

/** Whether the process that bears this id still runs. Age and clocks play no part. */
export function livenessOf(owner: OwnerId): Liveness {
  const self = ownProcess();
  if (owner.machine !== self.machine) return 'foreign';
  // Before the namespace: after a restart of the machine no process of any container is left.
  if (owner.boot !== self.boot) return 'dead';
  if (owner.pidNamespace !== self.pidNamespace) return 'foreign';
  return signalReaches(owner.pid) ? identityOf(owner) : 'dead';
}

/** Signal 0 reaches nobody and only asks whether there is somebody; a process of another user counts. */
function signalReaches(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Pids are used again, and a dead child that nobody has waited for still takes signals. */
function identityOf(owner: OwnerId): Liveness {
  const status = processStatus(owner.pid);
  if (status === 'unknown' || owner.startTime === '0') return 'unknown';
  // It takes signals and is hidden all the same: a process of another user, on a system that hides those.
  if (status === null) return signalReaches(owner.pid) ? 'alive' : 'dead';
  return status.isZombie || status.startTime !== owner.startTime ? 'dead' : 'alive';
}
