import {hostname, userInfo} from 'node:os';
import type {Clock} from '../../domain/clock.js';
import {parseOwnerId} from './owner-id.js';

/** What a lock file says: one JSON line, for programs and people. */
export interface OwnerLine {
  readonly v: 1;
  /** See `OwnerId`; decides whether the holder lives and whether a lock is ours. */
  readonly id: string;
  readonly command: string;
  readonly pid: number;
  readonly user: string;
  readonly host: string;
  /** ISO 8601 UTC, by the holder's clock. Only shown; nothing is decided by it. */
  readonly startedAt: string;
  readonly version: string;
}

/** Describes this process as the holder of a lock with that id. */
export function newOwnerLine(
  id: string,
  {command, version, clock}: {command: string; version: string; clock: Clock},
): OwnerLine {
  const startedAt = new Date(clock.now()).toISOString();
  return {v: 1, id, command, pid: process.pid, user: userName(), host: hostname(), startedAt, version};
}

/** Reads a lock file; null when it does not hold a whole owner line, be it empty, torn or of another program. */
export function parseOwnerLine(bytes: Buffer): OwnerLine | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  return isOwnerLine(value) && parseOwnerId(value.id) !== null ? value : null;
}

function isOwnerLine(value: unknown): value is OwnerLine {
  if (typeof value !== 'object' || value === null) return false;
  const line: Partial<Record<keyof OwnerLine, unknown>> = value;
  const texts = [line.id, line.command, line.user, line.host, line.startedAt];
  return texts.every((text) => typeof text === 'string') && typeof line.pid === 'number';
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // In a container the user often has no name.
  }
}
