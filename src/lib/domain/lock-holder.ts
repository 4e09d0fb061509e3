/** Who holds the job-info file, as far as the lock tells. */
export interface LockHolder {
  /** What the holder runs, for example `gembatch submit`. */
  readonly command: string;
  readonly pid: number;
  readonly user: string;
  readonly host: string;
  /** When the lock was taken by the holder's clock, ISO 8601 UTC. */
  readonly since: string;
  /** `foreign`: on another host or in another container; `unknown`: on this host, but its start cannot be checked. */
  readonly state: 'alive' | 'foreign' | 'unknown';
  /** For how long the waiting process has seen no sign of life, in milliseconds; a holder gives one every 5 seconds. */
  readonly silentMs: number;
}

/** Three missed signs of life: one or two may be late on a busy machine. */
const QUIET_MS = 15_000;

/**
 * Names a holder in half a sentence: `gembatch submit (pid 4711, ann on build-3), since 2026-01-31T09:00:00Z`.
 *
 * @param holder - null when the lock bears no name, as a lock of the Python tool `gembatch`.
 */
export function describeLockHolder(holder: LockHolder | null): string {
  if (holder === null) return 'a program that left no name (such as the Python tool gembatch)';
  const {command, pid, user, host, since} = holder;
  return `${command} (pid ${pid}, ${user} on ${host}), since ${since}${signOfLife(holder)}`;
}

/** Says for whom a command waits, and why. */
export function describeLockWait(holder: LockHolder | null, jobInfoPath: string): string {
  return `Waiting for ${describeLockHolder(holder)}, which holds ${jobInfoPath}`;
}

function signOfLife({state, silentMs}: LockHolder): string {
  if (state === 'alive') return silentMs > QUIET_MS ? ', alive but not responding' : '';
  const place = state === 'foreign' ? ', on another system' : '';
  return `${place}, last sign of life ${Math.round(silentMs / 1000)} s ago or earlier`;
}
