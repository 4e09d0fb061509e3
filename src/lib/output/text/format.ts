/** A whole number with commas between the thousands. Tables have many: `Intl` takes several times as long. */
export function formatCount(count: number): string {
  if (count < 1000 || !Number.isFinite(count)) return String(count);
  return `${formatCount(Math.floor(count / 1000))},${String(1000 + (count % 1000)).slice(1)}`;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** A size in the largest unit that gives at least 1; the units are powers of 1,000, as in the limits of the service. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // From 999.5 on, a number would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const isWhole = unit === 0 || value >= 99.95;
  return `${isWhole ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** A duration in its two largest units, such as `1h 05m`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${String(hours % 24).padStart(2, '0')}h`;
}

/** `1 file`, `2 files` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
