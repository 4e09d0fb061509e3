import type {Route} from '../call.js';
import {operationOf} from '../job.js';
import {jobOf} from './job-of.js';

/** `GET /{v}/batches/{id}` */
export const batchesGet: Route = async (call) => {
  const {jobs, clock} = call.world;
  const job = jobOf(call);
  await jobs.settle([job]);
  return {json: operationOf(job, clock.now())};
};
