import type {Route} from '../../http/call.js';
import {operationOf} from '../../jobs/job.js';
import {jobOf} from './job-of.js';

/** `GET /{v}/batches/{id}` */
export const batchesGet: Route = async (call) => {
  const {jobs, clock} = call.service;
  const job = jobOf(call);
  await jobs.waitForResults([job]);
  return {json: operationOf(job, clock.now())};
};
