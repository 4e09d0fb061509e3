import type {Route} from '../../http/call.js';
import {jobOf} from './job-of.js';

/** `DELETE /{v}/batches/{id}`; stops a job that runs, and takes the result file with it. */
export const batchesDelete: Route = async (call) => {
  await call.service.jobs.delete(jobOf(call));
  return {json: {}};
};
