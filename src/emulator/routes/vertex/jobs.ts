/** Looking after batch prediction jobs: get, list, cancel, delete. */
import type {Call, Route} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';
import type {Job} from '../../jobs/job.js';
import {pageOf, pageReply} from '../../http/page.js';
import {filterOf} from './job-filter.js';
import {vertexJobResource} from './job-resource.js';
import {parentOf} from './project.js';

/** `GET /{v}/projects/{p}/locations/{l}/batchPredictionJobs/{id}` */
export const vertexJobsGet: Route = async (call) => {
  const {jobs, clock} = call.service;
  const job = jobOf(call);
  await jobs.waitForResults([job]);
  return {json: vertexJobResource(job, clock.now())};
};

/** `GET /{v}/projects/{p}/locations/{l}/batchPredictionJobs`, newest first; a job may take a while to show up. */
export const vertexJobsList: Route = async (call) => {
  const {service, url} = call;
  const {jobs, clock} = service;
  const isWanted = filterOf(url.searchParams.get('filter') ?? '');
  const isFirstPage = !(url.searchParams.get('pageToken') ?? '');
  const seen = jobs
    .newestOf(parentOf(call.id, call))
    .filter((job) => isVisible(job, clock.now(), isFirstPage));
  await jobs.waitForResults(seen);
  const list = {
    name: 'batchPredictionJobs',
    items: seen.filter((job) => isWanted(job, clock.now())),
    positionOf: (job: Job) => job.number,
    resourceOf: (job: Job) => vertexJobResource(job, clock.now()),
    defaultSize: 100,
  };
  const unfiltered = new URL(url);
  unfiltered.searchParams.delete('filter');
  pageOf(unfiltered, list);
  return {json: pageReply(unfiltered, list)};
};

/** `POST …/batchPredictionJobs/{id}:cancel`; rows that are finished are kept, and a job that has ended stays as it is. */
export const vertexJobsCancel: Route = async (call) => {
  const job = jobOf(call);
  await call.service.jobs.waitForResults([job]);
  await call.service.jobs.cutOff(job);
  return {json: {}};
};

/** `DELETE …/batchPredictionJobs/{id}`; only of a job that has ended. Its results stay in the bucket. */
export const vertexJobsDelete: Route = async (call) => {
  const job = jobOf(call);
  await call.service.jobs.waitForResults([job]);
  if (job.end === undefined)
    throw new ServiceError(400, `The BatchPredictionJob "${job.name}" is not in a final state.`);
  await call.service.jobs.delete(job);
  return {json: {name: `${job.vertex?.parent ?? ''}/operations/${job.number}`, done: true, response: {}}};
};

function isVisible(job: Job, nowMs: number, isNewList: boolean): boolean {
  if (nowMs < job.visibleFromMs) return false;
  if (job.hiddenCalls === 0) return true;
  if (isNewList) job.hiddenCalls -= 1;
  return false;
}

/** @throws ServiceError 404 for a job that is not there. */
function jobOf(call: Call): Job {
  const at = call.id.indexOf('/batchPredictionJobs/');
  const name = `${parentOf(call.id.slice(0, at), call)}${call.id.slice(at)}`;
  const job = call.service.jobs.get(name);
  if (job === undefined) throw new ServiceError(404, `The BatchPredictionJob does not exist: ${call.id}`);
  return job;
}
