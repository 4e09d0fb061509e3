import type {PolledJob} from '../poll/poll-report.js';

/** The members of a job in the `--json` object of `gembatch list`. */
export const JOB_FIELDS = [
  'name',
  'file',
  'part_of',
  'model',
  'state',
  'outcome',
  'replaced',
  'requests',
  'stats',
  'create_time',
  'end_time',
  'error',
  'results',
  'results_left',
  'left',
  'bad_rows',
  'cost_usd',
  'estimate_usd',
  'results_error',
] as const satisfies readonly (keyof PolledJob)[];

export type JobField = (typeof JOB_FIELDS)[number];

/**
 * The job with these members only; one that it does not have is null.
 */
export function pickFields(job: PolledJob, fields: readonly JobField[]): Partial<Record<JobField, unknown>> {
  return Object.fromEntries(fields.map((field) => [field, job[field] ?? null]));
}
