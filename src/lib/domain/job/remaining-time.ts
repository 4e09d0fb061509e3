import type {BatchStats} from './batch-job.js';

/** What is known of the time that a batch job takes. Times are RFC 3339, as the service wrote them. */
export interface TimedJob {
  readonly model?: string;
  readonly create_time?: string;
  readonly end_time?: string;
}

/** How long a job has been at the service, in milliseconds: until it ended, or until now. Undefined when unknown. */
export function ageMs({create_time: created, end_time: ended}: TimedJob, nowMs: number): number | undefined {
  const startMs = created === undefined ? Number.NaN : Date.parse(created);
  if (Number.isNaN(startMs)) return undefined;
  const endMs = ended === undefined ? Number.NaN : Date.parse(ended);
  return Math.max(0, (Number.isNaN(endMs) ? nowMs : endMs) - startMs);
}

/**
 * The time that jobs of a model take: the median of those that have ended, by model. Jobs take minutes or a day, so that
 * a mean would say nothing.
 *
 * @param jobs - those that have ended well; others say nothing about how long work takes.
 */
export function usualDurations(jobs: readonly TimedJob[]): ReadonlyMap<string | undefined, number> {
  const byModel = new Map<string | undefined, number[]>();
  for (const job of jobs) {
    const durationMs = job.end_time === undefined ? undefined : ageMs(job, 0);
    if (durationMs === undefined) continue;
    const durations = byModel.get(job.model);
    if (durations === undefined) byModel.set(job.model, [durationMs]);
    else durations.push(durationMs);
  }
  return new Map([...byModel].map(([model, durations]) => [model, median(durations)]));
}

/** The time that a running job still takes, in milliseconds; undefined when it takes longer than usual already. */
function usualRemainingMs(job: TimedJob, usualMs: number | undefined, nowMs: number): number | undefined {
  const age = usualMs === undefined ? undefined : ageMs(job, nowMs);
  if (age === undefined || usualMs === undefined || age >= usualMs) return undefined;
  return usualMs - age;
}

/**
 * The time that a running job still takes, in milliseconds: by its own pace where it has answered some of its requests,
 * else as `usualRemainingMs`.
 */
export function remainingMs(
  job: TimedJob & {readonly stats?: BatchStats},
  usualMs: number | undefined,
  nowMs: number,
): number | undefined {
  const {request_count: all = 0, pending_request_count: pending = 0} = job.stats ?? {};
  const age = pending > 0 && pending < all ? ageMs(job, nowMs) : undefined;
  return age === undefined ? usualRemainingMs(job, usualMs, nowMs) : (age * pending) / (all - pending);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
