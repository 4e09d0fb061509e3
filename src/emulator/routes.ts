/** Which call of the API a request is: the one table of methods and paths. */
import type {IncomingMessage} from 'node:http';
import type {Route} from './call.js';
import type {OperationName} from './faults.js';
import {batchesCreate, batchesCreateEmbeddings} from './routes/batches-create.js';
import {batchesCancel, batchesDelete, batchesGet, batchesList} from './routes/batches.js';
import {filesDelete, filesDownload, filesGet, filesList} from './routes/files.js';
import {modelsGet, modelsList} from './routes/models.js';
import {uploadCancel} from './routes/upload-cancel.js';
import {uploadChunk} from './routes/upload-chunk.js';
import {uploadQuery} from './routes/upload-query.js';
import {uploadStart} from './routes/upload-start.js';

/** A request that is understood. */
export interface Match {
  readonly operation: OperationName;
  readonly route: Route;
  readonly id: string;
}

const VERSION = '(?:v1|v1beta|v1alpha)';

const TABLE: readonly (readonly [method: string, path: string, operation: OperationName, route: Route])[] = [
  ['GET', `/${VERSION}/models`, 'models.list', modelsList],
  ['GET', `/${VERSION}/models/([^/:]+)`, 'models.get', modelsGet],
  ['POST', `/${VERSION}/models/([^/:]+):batchGenerateContent`, 'batches.create', batchesCreate],
  ['POST', `/${VERSION}/models/([^/:]+):asyncBatchEmbedContent`, 'batches.create', batchesCreateEmbeddings],
  ['GET', `/${VERSION}/batches`, 'batches.list', batchesList],
  ['GET', `/${VERSION}/batches/([^/:]+)`, 'batches.get', batchesGet],
  ['POST', `/${VERSION}/batches/([^/:]+):cancel`, 'batches.cancel', batchesCancel],
  ['DELETE', `/${VERSION}/batches/([^/:]+)`, 'batches.delete', batchesDelete],
  ['GET', `/${VERSION}/files`, 'files.list', filesList],
  ['GET', `/${VERSION}/files/([^/:]+)`, 'files.get', filesGet],
  ['DELETE', `/${VERSION}/files/([^/:]+)`, 'files.delete', filesDelete],
  ['GET', `(?:/download)?/${VERSION}/files/([^/:]+):download`, 'files.download', filesDownload],
];

const compiled = TABLE.map(([method, path, operation, route]) => ({
  method,
  pattern: new RegExp(`^${path}/?$`, 'u'),
  operation,
  route,
}));

const UPLOAD_PATH = new RegExp(`^/upload/${VERSION}/files/?$`, 'u');

/** Finds what a request asks for; undefined when the service has no such method. */
export function matchRoute(request: IncomingMessage, url: URL): Match | undefined {
  if (UPLOAD_PATH.test(url.pathname) && request.method === 'POST') return uploadMatch(request);
  for (const {method, pattern, operation, route} of compiled) {
    if (request.method !== method) continue;
    const match = pattern.exec(url.pathname);
    if (match !== null) return {operation, route, id: decodeURIComponent(match[1] ?? '')};
  }
  return undefined;
}

/** All steps of an upload have one path; a header tells them apart. */
function uploadMatch(request: IncomingMessage): Match | undefined {
  const command = String(request.headers['x-goog-upload-command'] ?? '');
  if (command === 'start') return {operation: 'upload.start', route: uploadStart, id: ''};
  if (command === 'query') return {operation: 'upload.query', route: uploadQuery, id: ''};
  if (command === 'cancel') return {operation: 'upload.cancel', route: uploadCancel, id: ''};
  if (/^(?:upload|upload, ?finalize|finalize)$/u.test(command)) {
    return {operation: 'upload.chunk', route: uploadChunk, id: ''};
  }
  return undefined;
}
