/** Which call of the API a request is: the one table of methods and paths. */
import type {IncomingMessage} from 'node:http';
import type {Route} from './call.js';
import type {OperationName} from '../control/faults.js';
import {batchesCancel} from '../routes/batches/cancel.js';
import {createEmbeddings, createGenerateContent} from '../routes/batches/create.js';
import {batchesDelete} from '../routes/batches/delete.js';
import {batchesGet} from '../routes/batches/get.js';
import {batchesList} from '../routes/batches/list.js';
import {filesDelete} from '../routes/files/delete.js';
import {filesDownload} from '../routes/files/download.js';
import {filesGet} from '../routes/files/get.js';
import {filesList} from '../routes/files/list.js';
import {modelsCountTokens} from '../routes/models/count-tokens.js';
import {modelsGet} from '../routes/models/get.js';
import {modelsList} from '../routes/models/list.js';
import {matchCloudRoute} from '../routes/vertex/match.js';
import {uploadCancel} from '../routes/uploads/cancel.js';
import {uploadChunk} from '../routes/uploads/chunk.js';
import {uploadQuery} from '../routes/uploads/query.js';
import {uploadStart} from '../routes/uploads/start.js';

export interface Match {
  readonly operation: OperationName;
  readonly route: Route;
  readonly id: string;
  readonly version: string;
  /** Whether the caller shows an access token, as for all of Google Cloud, or nothing at all. */
  readonly isOfCloud?: boolean;
}

type Entry = readonly [method: string, path: RegExp, operation: OperationName, route: Route];

const TABLE: readonly Entry[] = [
  ['GET', /^models$/u, 'models.list', modelsList],
  ['GET', /^models\/([^/:]+)$/u, 'models.get', modelsGet],
  ['POST', /^models\/([^/:]+):countTokens$/u, 'models.countTokens', modelsCountTokens],
  ['POST', /^models\/([^/:]+):batchGenerateContent$/u, 'batches.create', createGenerateContent],
  ['POST', /^models\/([^/:]+):asyncBatchEmbedContent$/u, 'batches.create', createEmbeddings],
  ['GET', /^batches$/u, 'batches.list', batchesList],
  ['GET', /^batches\/([^/:]+)$/u, 'batches.get', batchesGet],
  ['POST', /^batches\/([^/:]+):cancel$/u, 'batches.cancel', batchesCancel],
  ['DELETE', /^batches\/([^/:]+)$/u, 'batches.delete', batchesDelete],
  ['GET', /^files$/u, 'files.list', filesList],
  ['GET', /^files\/([^/:]+)$/u, 'files.get', filesGet],
  ['DELETE', /^files\/([^/:]+)$/u, 'files.delete', filesDelete],
  ['GET', /^files\/([^/:]+):download$/u, 'files.download', filesDownload],
];

/** All steps of an upload have one path; a header tells them apart. */
const UPLOAD_COMMANDS: Readonly<Record<string, readonly [OperationName, Route]>> = {
  start: ['upload.start', uploadStart],
  query: ['upload.query', uploadQuery],
  cancel: ['upload.cancel', uploadCancel],
  upload: ['upload.chunk', uploadChunk],
  finalize: ['upload.chunk', uploadChunk],
  'upload, finalize': ['upload.chunk', uploadChunk],
};

const PATH = /^\/(?:(?<prefix>upload|download)\/)?(?<version>v1|v1beta|v1alpha)\/(?<path>[^?]+?)\/?$/u;

/** Finds what a request asks for; undefined when the service has no such method. */
export function matchRoute(request: IncomingMessage, url: URL): Match | undefined {
  const ofCloud = matchCloudRoute(request, url);
  if (ofCloud !== undefined) return {...ofCloud, version: 'v1', isOfCloud: true};
  const {prefix, version = '', path = ''} = PATH.exec(url.pathname)?.groups ?? {};
  if (prefix === 'upload') return path === 'files' ? uploadMatch(request, version) : undefined;
  for (const [method, pattern, operation, route] of TABLE) {
    const match = request.method === method ? pattern.exec(path) : null;
    if (match === null || (prefix === 'download' && operation !== 'files.download')) continue;
    return {operation, route, version, id: decoded(match[1] ?? '')};
  }
  return undefined;
}

function uploadMatch({method, headers}: IncomingMessage, version: string): Match | undefined {
  const command = String(headers['x-goog-upload-command'] ?? '')
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .join(', ');
  const [operation, route] = UPLOAD_COMMANDS[command] ?? [];
  const isUpload = method === 'POST' || method === 'PUT';
  if (!isUpload || operation === undefined || route === undefined) return undefined;
  return {operation, route, version, id: ''};
}

/** A name that is badly encoded names nothing, which the route will find out. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
