import {basename, join} from 'node:path';
import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {OutputLimit} from '../../domain/request/output-limit.js';
import {areAnswersChecked} from '../../domain/result/row-counts.js';
import type {JobStore} from '../../store/job-store.js';
import {lookAtResults} from '../job-states/result-files.js';
import {refuseChanged} from '../request-file/refuse-changed.js';
import {objectOfJob} from './object-of-job.js';
import type {Retry, RetryDeps, RetrySelection} from './retry-selection.js';
import {NOTHING_SENT, unknownRows} from './refusals.js';
import {RetryFiles} from './retry-files.js';
import {retryRequests, type LeftOut} from './retry-requests.js';

/**
 * Writes the requests of a job that have no good answer into new request files.
 *
 * @throws GembatchError `FILE_CHANGED`, `FILE_*`, `STORAGE`.
 */
export async function prepareRows(
  deps: RetryDeps,
  record: JobRecord,
  {
    outputLimit,
    maxOutputOf,
    only,
    isDryRun,
    estimatorOf,
    stop = new AbortController().signal,
  }: RetrySelection,
): Promise<Pick<Retry, 'requests' | 'paths' | 'leftOut' | 'estimateUsd'>> {
  const {store, client} = deps;
  const object = await objectOfJob(client, record, NOTHING_SENT);
  if (object === undefined) await refuseChanged(store, record, NOTHING_SENT);
  const requestPath = object === undefined ? store.resolveInput(record.input_file) : placeHere(store, object);
  const looks = await lookAtResults(store, [record], {isThorough: true, stop});
  if (looks.get(record.batch.name)?.state === 'altered') throw unknownRows(record);
  const requests = retryRequests({
    requestPath,
    stop,
    ...(object === undefined ? {} : {readRequests: () => client.openInput(object, {signal: stop})}),
    checksAnswers: record.results !== undefined && areAnswersChecked(record.results.rows),
    resultPaths: record.results === undefined ? [] : [store.resolveInput(record.results.file)],
    ...(only === undefined ? {} : {only}),
    ...(outputLimit === undefined
      ? {}
      : {maxOutputTokens: atMost(outputLimit, maxOutputOf?.(record.batch.model))}),
  });
  const sent = new Set(store.read().records.map(({record: {input_file: file}}) => store.resolveInput(file)));
  const files = new RetryFiles({
    requestPath,
    record,
    isSent: (path) => sent.has(path),
    createFile: isDryRun ? undefined : deps.createFile,
  });
  const leftOut: Partial<Record<LeftOut, number>> = {};
  const estimated = estimatorOf?.(record.batch.model).lines(record.input_file);
  try {
    for await (const request of requests) {
      if ('leftOut' in request) {
        leftOut[request.leftOut] = (leftOut[request.leftOut] ?? 0) + 1;
        continue;
      }
      estimated?.add(request.bytes);
      await files.add(request.bytes, request.isForSmallJob);
    }
    const estimate = estimated === undefined ? {} : {estimateUsd: estimated.estimate().cost_usd};
    return {requests: files.requests, paths: await files.finish(), leftOut, ...estimate};
  } finally {
    await files.discard();
  }
}

/** What is sent again of a file in a bucket goes beside the job-info file; an object may have names that no file can have. */
function placeHere(store: JobStore, {address}: BucketInput): string {
  const name = basename(address).replaceAll(/[\\:*?"<>|]/gu, '_');
  return join(store.folder, /^\.*$/u.test(name) ? 'object.jsonl' : name);
}

/** A factor goes no further than the model; a number of tokens is as the person says. */
function atMost(limit: OutputLimit, most: number | undefined): OutputLimit {
  return typeof limit === 'number' ? limit : {...limit, most};
}
