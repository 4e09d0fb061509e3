import type {Route} from '../../http/call.js';
import {jobOf} from './job-of.js';

/** `POST /{v}/batches/{id}:cancel`; a job that has ended stays as it is. */
export const batchesCancel: Route = async (call) => {
  const job = jobOf(call);
  await call.service.jobs.waitForResults([job]);
  call.service.jobs.cancel(job);
  return {json: {}};
};
