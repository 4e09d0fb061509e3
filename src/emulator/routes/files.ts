import {createReadStream} from 'node:fs';
import type {Call, Route} from '../call.js';
import {pageOf} from '../page.js';
import {longFileId, ServiceError, unknownFile} from '../service-error.js';
import {fileResource, isAlive, type StoredFile} from '../stored-file.js';
import {throttled} from '../throttle.js';

const MAX_ID_LENGTH = 40;

/** `GET /{v}/files/{id}` */
export const filesGet: Route = async (call) => {
  const file = uploadedFile(call, 'GetFileRequest');
  return {json: fileResource(file, call.world.behaviour.has_wrong_hash)};
};

/** `DELETE /{v}/files/{id}` */
export const filesDelete: Route = async (call) => {
  await call.world.deleteFile(uploadedFile(call, 'DeleteFileRequest'));
  return {json: {}};
};

/** `GET /{v}/files`; result files are not in it. */
export const filesList: Route = async ({world, url}) => {
  const items = [...world.files.values()]
    .filter((file) => !file.isGenerated && isAlive(file, world.clock.now()))
    .reverse();
  return {
    json: pageOf(url, {name: 'files', items, idOf: ({name}) => name}, (file) =>
      fileResource(file, world.behaviour.has_wrong_hash),
    ),
  };
};

/** `GET /{v}/files/{id}:download?alt=media`, also under `/download`; whole or from an offset on. */
export const filesDownload: Route = async ({world, id, request, fault}) => {
  const file = world.file(`files/${id}`);
  if (file === undefined) throw unknownFile(id);
  if (!file.isGenerated) throw new ServiceError(400, 'Only generated files can be downloaded.');
  const range = world.behaviour.has_ranges
    ? /^bytes=(?<start>\d+)-$/u.exec(request.headers.range ?? '')
    : null;
  const start = Number(range?.groups?.['start'] ?? 0);
  const type = {'content-type': 'application/octet-stream'};
  if (start >= file.sizeBytes && range !== null) {
    return {status: 416, headers: {...type, 'content-range': `bytes */${file.sizeBytes}`}, json: {}};
  }
  const stream = throttled(createReadStream(file.path, {start, highWaterMark: 256 * 1024}), fault);
  const length = {'content-length': String(file.sizeBytes - start)};
  if (range === null) return {headers: {...type, ...length}, stream};
  const contentRange = {'content-range': `bytes ${start}-${file.sizeBytes - 1}/${file.sizeBytes}`};
  return {status: 206, headers: {...type, ...length, ...contentRange}, stream};
};

function uploadedFile({world, id}: Call, method: string): StoredFile {
  if (id.length > MAX_ID_LENGTH) throw longFileId(method);
  const file = world.file(`files/${id}`);
  if (file === undefined) throw unknownFile(id);
  return file;
}
