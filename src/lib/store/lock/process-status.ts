import {readFileSync} from 'node:fs';

/** What the system says about a process. */
export interface ProcessStatus {
  /** Linux: clock ticks from boot; macOS: seconds since the epoch. Immune to changes of the clock while it runs. */
  readonly startTime: string;
  /** Dead already, and only waiting for its parent to notice. */
  readonly isZombie: boolean;
}

/**
 * The status of a process.
 *
 * @returns null when there is no such process, `unknown` where the system does not tell.
 */
export function processStatus(pid: number): ProcessStatus | null | 'unknown' {
  if (process.platform === 'linux') return linuxStatus(pid);
  if (process.platform === 'darwin') return darwinStatus(pid);
  return 'unknown';
}

/** When the process started; null when that cannot be known. */
export function startTimeOf(pid: number): string | null {
  const status = processStatus(pid);
  return status === null || status === 'unknown' ? null : status.startTime;
}

/** `/proc/<pid>/stat`, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function linuxStatus(pid: number): ProcessStatus | null | 'unknown' {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return pid === process.pid ? 'unknown' : missingStatus();
  }
  // The second field is the program's name in brackets and may hold anything, so fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startTime] = [fields[0], fields[17], fields[19]];
  if (!state || !threads || !startTime) return 'unknown';
  // With more than one thread in the group another one may still be in the kernel, writing.
  return {startTime, isZombie: 'ZX'.includes(state) && Number(threads) <= 1};
}

/** A status that cannot be read means "gone" only where our own can be: `/proc` may not be mounted. */
function missingStatus(): null | 'unknown' {
  return linuxStatus(process.pid) === 'unknown' ? 'unknown' : null;
}

function darwinStatus(pid: number): ProcessStatus | null | 'unknown' {
  // Not imported: Linux needs none.
  const {spawnSync} = process.getBuiltinModule('node:child_process');
  const ps = spawnSync('ps', ['-o', 'lstart=,state=', '-p', String(pid)], {
    encoding: 'utf8',
    env: {...process.env, LC_ALL: 'C', TZ: 'UTC'},
  });
  if (ps.error) return 'unknown';
  const [, started, state] = /^\s*(.+\d{4})\s+(\S+)/.exec(ps.stdout) ?? [];
  if (!started || !state) return ps.status === 1 ? null : 'unknown';
  return {startTime: String(Date.parse(`${started} UTC`) / 1000), isZombie: state.startsWith('Z')};
}
