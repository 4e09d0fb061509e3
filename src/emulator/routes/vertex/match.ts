/** Which call of Vertex AI or Cloud Storage a request is. */
import type {IncomingMessage} from 'node:http';
import type {OperationName} from '../../control/faults.js';
import type {Route} from '../../http/call.js';
import {objectsDelete} from '../storage/delete.js';
import {bucketsGet, objectsDownload, objectsGet, objectsPatch} from '../storage/get.js';
import {objectsList} from '../storage/list.js';
import {
  contentRangeOf,
  objectUploadCancel,
  objectUploadChunk,
  objectUploadQuery,
  objectUploadStart,
  objectUploadWhole,
} from '../storage/upload.js';
import {vertexJobsCreate} from './create.js';
import {vertexJobsCancel, vertexJobsDelete, vertexJobsGet, vertexJobsList} from './jobs.js';
import {publisherModelsCountTokens, publisherModelsGet, publisherModelsList} from './models.js';
import {metadataServer, tokenExchange} from './token.js';

/** A route of Vertex AI or Cloud Storage; `id` is what the path names. */
export interface CloudMatch {
  readonly operation: OperationName;
  readonly route: Route;
  readonly id: string;
}

type Entry = readonly [method: string, path: RegExp, operation: OperationName, route: Route];

/** Calls bear the names of what they are in the Gemini API, so that faults and counts are the same for both. */
const TABLE: readonly Entry[] = [
  [
    'POST',
    /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+)\/batchPredictionJobs$/u,
    'batches.create',
    vertexJobsCreate,
  ],
  [
    'GET',
    /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+)\/batchPredictionJobs$/u,
    'batches.list',
    vertexJobsList,
  ],
  [
    'GET',
    /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+\/batchPredictionJobs\/[^/:]+)$/u,
    'batches.get',
    vertexJobsGet,
  ],
  [
    'POST',
    /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+\/batchPredictionJobs\/[^/:]+):cancel$/u,
    'batches.cancel',
    vertexJobsCancel,
  ],
  [
    'DELETE',
    /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+\/batchPredictionJobs\/[^/:]+)$/u,
    'batches.delete',
    vertexJobsDelete,
  ],
  ['GET', /^\/v1(?:beta1)?\/publishers\/google\/models\/([^/:]+)$/u, 'models.get', publisherModelsGet],
  ['GET', /^\/v1(?:beta1)?\/publishers\/google\/(models)$/u, 'models.list', publisherModelsList],
  [
    'POST',
    /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/([^/:]+):countTokens$/u,
    'models.countTokens',
    publisherModelsCountTokens,
  ],
  ['GET', /^\/storage\/v1\/b\/([^/]+)$/u, 'files.list', bucketsGet],
  ['GET', /^\/storage\/v1\/b\/([^/]+)\/o$/u, 'files.list', objectsList],
  ['DELETE', /^\/storage\/v1\/b\/([^/]+\/)o\/([^/]+)$/u, 'files.delete', objectsDelete],
  ['PATCH', /^\/storage\/v1\/b\/([^/]+\/)o\/([^/]+)$/u, 'files.get', objectsPatch],
  ['POST', /^\/(token)$/u, 'credentials', tokenExchange],
  ['GET', /^\/computeMetadata\/v1\/(.*)$/u, 'credentials', metadataServer],
];

const OBJECT = /^(?<isDownload>\/download)?\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)$/u;
const UPLOAD = /^\/(?:resumable\/)?upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/u;

/** Finds what a request asks of Vertex AI or Cloud Storage; undefined when it is for another service. */
export function matchCloudRoute(request: IncomingMessage, url: URL): CloudMatch | undefined {
  const {method = ''} = request;
  const {pathname, searchParams} = url;
  for (const [wanted, pattern, operation, route] of TABLE) {
    const match = method === wanted ? pattern.exec(pathname) : null;
    if (match !== null) return {operation, route, id: decoded(match.slice(1).join(''))};
  }
  const {bucket = '', object, isDownload} = OBJECT.exec(pathname)?.groups ?? {};
  if (object !== undefined && method === 'GET') {
    const isMedia = isDownload !== undefined || searchParams.get('alt') === 'media';
    const id = `${decoded(bucket)}/${decoded(object)}`;
    return isMedia
      ? {operation: 'files.download', route: objectsDownload, id}
      : {operation: 'files.get', route: objectsGet, id};
  }
  const upload = UPLOAD.exec(pathname)?.groups?.['bucket'];
  return upload === undefined ? undefined : uploadMatch(request, searchParams, decoded(upload));
}

function uploadMatch(
  {method, headers}: IncomingMessage,
  searchParams: URLSearchParams,
  id: string,
): CloudMatch | undefined {
  const isOpen = searchParams.has('upload_id');
  if (method === 'POST' && !isOpen) {
    return searchParams.get('uploadType') === 'resumable'
      ? {operation: 'upload.start', route: objectUploadStart, id}
      : {operation: 'upload.chunk', route: objectUploadWhole, id};
  }
  if (method === 'DELETE' && isOpen) return {operation: 'upload.cancel', route: objectUploadCancel, id};
  if (method !== 'PUT' || !isOpen) return undefined;
  const range = contentRangeOf(headers['content-range']);
  const isQuestion = range !== undefined && range.first === undefined && range.total !== 0;
  return isQuestion
    ? {operation: 'upload.query', route: objectUploadQuery, id}
    : {operation: 'upload.chunk', route: objectUploadChunk, id};
}

/** A name that is badly encoded names nothing, which the route will find out. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
