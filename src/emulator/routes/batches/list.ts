import type {Route} from '../../http/call.js';
import {operationOf, type Job} from '../../jobs/job.js';
import {pageOf, pageReply} from '../../http/page.js';

/** `GET /{v}/batches`, newest first, without inline responses; a job may take a while to show up. */
export const batchesList: Route = async ({service, url}) => {
  const {jobs, clock, behaviour} = service;
  const {searchParams} = url;
  const hasSize = searchParams.has('pageSize') || searchParams.has('page_size');
  if (!hasSize && behaviour.is_list_empty_without_page_size) return {json: {}};
  const isFirstPage = !(searchParams.get('pageToken') ?? searchParams.get('page_token'));
  const list = {
    name: 'operations',
    items: jobs.newestOf(undefined).filter((job) => isVisible(job, clock.now(), isFirstPage)),
    positionOf: (job: Job) => job.number,
    resourceOf: (job: Job) => operationOf(job, clock.now(), {hasInlineResponses: false}),
  };
  await jobs.waitForResults(pageOf(url, list).items);
  return {json: pageReply(url, list)};
};

function isVisible(job: Job, nowMs: number, isNewList: boolean): boolean {
  if (nowMs < job.visibleFromMs) return false;
  if (job.hiddenCalls === 0) return true;
  if (isNewList) job.hiddenCalls -= 1;
  return false;
}
