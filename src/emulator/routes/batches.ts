import type {Call, Route} from '../call.js';
import {operationOf, type Job} from '../job.js';
import {pageOf} from '../page.js';
import {unknownBatch} from '../service-error.js';

/** `GET /{v}/batches/{id}` */
export const batchesGet: Route = async (call) => {
  const {world} = call;
  return {json: operationOf(jobOf(call), world.clock.now(), world.behaviour)};
};

/** `GET /{v}/batches`, newest first; a job may take a while to show up. */
export const batchesList: Route = async ({world, url}) => {
  if (!url.searchParams.has('pageSize') && world.behaviour.is_list_empty_without_page_size) return {json: {}};
  const nowMs = world.clock.now();
  const isFirstPage = !url.searchParams.get('pageToken');
  const items = [...world.jobs.values()].filter((job) => isVisible(job, nowMs, isFirstPage)).reverse();
  return {
    json: pageOf(url, {name: 'operations', items, idOf: ({name}) => name}, (job) =>
      operationOf(job, nowMs, world.behaviour),
    ),
  };
};

/** `POST /{v}/batches/{id}:cancel` */
export const batchesCancel: Route = async (call) => {
  call.world.cancel(jobOf(call));
  return {json: {}};
};

/** `DELETE /{v}/batches/{id}`; takes the result file with it. */
export const batchesDelete: Route = async (call) => {
  const job = jobOf(call);
  call.world.jobs.delete(job.name);
  const output = call.world.files.get(job.end?.outputFile ?? '');
  if (output !== undefined) await call.world.deleteFile(output);
  return {json: {}};
};

function jobOf({world, id}: Call): Job {
  const job = world.jobs.get(`batches/${id}`);
  if (job === undefined) throw unknownBatch(`batches/${id}`);
  return job;
}

function isVisible(job: Job, nowMs: number, isNewList: boolean): boolean {
  if (nowMs < job.visibleFromMs) return false;
  if (job.hiddenCalls === 0) return true;
  if (isNewList) job.hiddenCalls -= 1;
  return false;
}
