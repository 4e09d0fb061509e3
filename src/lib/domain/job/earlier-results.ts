/** The folder, in that for results, of those that newer ones of the same request file have taken the place of. */
export const EARLIER_FOLDER = 'earlier';

/** A job as far as it matters where its results are. */
export interface PlacedJob {
  readonly name: string;
  /** `input_file` of its record. */
  readonly file: string;
  readonly results?: {readonly file: string} | undefined;
}

/** The batch names of jobs whose results are earlier ones of their request file, while newer ones are in their place. */
export function jobsWithEarlierResults(jobs: readonly PlacedJob[]): ReadonlySet<string> {
  const deep = jobs.filter((job) => depth(job) > 0);
  if (deep.length === 0) return new Set();
  const files = new Set(deep.map(({file}) => file));
  const least = new Map<string, number>();
  for (const job of jobs) {
    if (job.results === undefined || !files.has(job.file)) continue;
    least.set(job.file, Math.min(depth(job), least.get(job.file) ?? Infinity));
  }
  // The request files themselves may be in a folder of this name.
  return new Set(deep.filter((job) => depth(job) > (least.get(job.file) ?? 0)).map(({name}) => name));
}

function depth({results}: PlacedJob): number {
  return results === undefined
    ? 0
    : results.file.split(/[/\\]/u).filter((part) => part === EARLIER_FOLDER).length;
}
