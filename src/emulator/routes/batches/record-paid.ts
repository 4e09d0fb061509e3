import {timestamp} from '../../control/clock.js';
import type {Call} from '../../http/call.js';
import type {Job, NewJob} from '../../jobs/job.js';
import type {Jobs} from '../../jobs/jobs.js';

/** Bytes of a request file that count as one token. */
const TOKEN_BYTES = 4;

/** Tokens of the jobs of a model that are pending or running. */
export function openTokens(jobs: Jobs, model: string): number {
  return jobs
    .enqueued()
    .filter((job) => job.model === model)
    .reduce((sum, job) => sum + tokensOf(job), 0);
}

/** Tokens that a job counts for. */
export function tokensOf({sizeBytes}: Pick<NewJob, 'sizeBytes'>): number {
  return Math.ceil(sizeBytes / TOKEN_BYTES);
}

/** Notes a create that took effect. */
export function recordPaid({service}: Call, job: Job): void {
  const {jobs, callLog} = service;
  callLog.noteOpen(jobs.enqueued().length, {model: job.model, tokens: openTokens(jobs, job.model)});
  callLog.paid.push({
    name: job.name,
    display_name: job.displayName,
    model: job.model,
    input_file_name: job.inputFile ?? null,
    request_count: job.requestCount,
    tokens: tokensOf(job),
    sha256: service.files.get(job.inputFile ?? '')?.sha256 ?? null,
    create_time: timestamp(job.createdMs),
    webhook_config: job.webhookConfig ?? null,
    priority: job.priority ?? null,
    get used() {
      return job.end?.counts.used ?? null;
    },
  });
}
