import {field, isObject, textOf, type Route} from '../call.js';
import {ServiceError} from '../service-error.js';

/** MIME types that request files may have; `gs://` and media are not emulated. */
const MIME_TYPES: ReadonlySet<string> = new Set([
  'application/jsonl',
  'jsonl',
  'application/json',
  'text/plain',
]);

/** Begins a resumable upload: `POST /upload/{v}/files`, https://ai.google.dev/gemini-api/docs/files#upload. */
export const uploadStart: Route = async ({world, request, url, json}) => {
  const body = await json();
  const file = field(body, 'file');
  const {name, displayName, mimeType} = metadataOf(isObject(file) ? file : {});
  const type = mimeType || textOf(request.headers['x-goog-upload-header-content-type']);
  if (!MIME_TYPES.has(type) || world.behaviour.refused_mime_types.includes(type)) {
    throw new ServiceError(400, `Unsupported MIME type: ${type}`);
  }
  const sizeBytes = Number(request.headers['x-goog-upload-header-content-length'] ?? 0);
  if (sizeBytes > world.behaviour.max_file_bytes) throw new ServiceError(400, 'File size exceeds the limit.');
  if (world.storedBytes + sizeBytes > world.behaviour.max_storage_bytes) {
    throw new ServiceError(429, 'You have exceeded the total file storage limit of the project.');
  }
  const fileName = name === '' ? `files/${world.newId(12)}` : name;
  if (world.file(fileName) !== undefined) throw new ServiceError(409, `File ${fileName} already exists.`);

  const id = world.newId(32);
  world.uploads.set(id, {
    id,
    fileName,
    displayName,
    mimeType: type,
    writer: await world.newFileWriter(),
    status: 'active',
  });
  const session = new URL(`${url.pathname}?upload_id=${id}&upload_protocol=resumable`, url);
  return {
    headers: {
      'x-goog-upload-status': 'active',
      'x-goog-upload-url': session.href,
      'x-goog-upload-control-url': session.href,
      'x-goog-upload-chunk-granularity': '262144',
    },
    json: {},
  };
};

function metadataOf(file: Record<string, unknown>): {name: string; displayName: string; mimeType: string} {
  return {
    name: textOf(field(file, 'name')),
    displayName: textOf(field(file, 'displayName')),
    mimeType: textOf(field(file, 'mimeType')),
  };
}
