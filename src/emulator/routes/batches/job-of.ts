import type {Call} from '../../http/call.js';
import type {Job} from '../../jobs/job.js';
import {unknownBatch} from '../../http/service-error.js';

/** @throws ServiceError 404 for a job that is not there. */
export function jobOf({service, id}: Call): Job {
  const job = service.jobs.get(`batches/${id}`);
  if (job === undefined) throw unknownBatch(`batches/${id}`);
  return job;
}
