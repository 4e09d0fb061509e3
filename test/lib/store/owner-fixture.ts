import {formatOwnerId, ownProcess} from '../../../src/lib/store/lock/owner-id.js';
import type {OwnerId} from '../../../src/lib/store/lock/owner-id.js';

/** An owner id like that of this process, with some parts changed. */
export function ownerIdLike(changes: Partial<OwnerId>): string {
  return formatOwnerId({...ownProcess(), ...changes});
}

/** No process started at that time, so an owner with it is dead. */
export const DEAD: Partial<OwnerId> = {startTime: '1'};

/** What a lock file of that owner says. */
export function lockText(id: string, changes: Record<string, unknown> = {}): string {
  const owner = {v: 1, id, command: 'gembatch submit', pid: 4711, user: 'ann', host: 'build-3', version: ''};
  return `${JSON.stringify({...owner, startedAt: '2026-01-31T08:00:00.000Z', ...changes})}\n`;
}
