import type {Call, Route} from '../../http/call.js';
import {field, objectAt, textOf} from '../../http/json.js';
import {longFileId, quotaExceeded, ServiceError} from '../../http/service-error.js';
import {UploadSession, type UploadMetadata} from '../../files/upload-session.js';

/** MIME types that request files may have. Media are not emulated. */
const MIME_TYPES: ReadonlySet<string> = new Set([
  'application/jsonl',
  'jsonl',
  'application/json',
  'text/plain',
]);

/** What the service takes as a file id, by its discovery document. */
const FILE_NAME = /^files\/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/u;
const MAX_NAME_LENGTH = 'files/'.length + 40;
const MAX_DISPLAY_NAME_LENGTH = 512;

/** Uploads that may be under way at once; clients that died leave theirs behind. */
const MAX_UNFINISHED = 500;

/** Chunks, but for the last one, are multiples of this. */
export const GRANULARITY_BYTES = 262_144;

/** Begins a resumable upload: `POST /upload/{v}/files`, https://ai.google.dev/gemini-api/docs/files#upload. */
export const uploadStart: Route = async (call) => {
  const {service, url} = call;
  const metadata = await metadataOf(call);
  checkMetadata(call, metadata);
  const id = service.newId(64);
  await forgetOldest(service.uploads);
  service.uploads.set(id, new UploadSession(id, metadata, await service.newFileWriter()));
  const session = new URL(`${url.pathname}?upload_id=${id}&upload_protocol=resumable`, url).href;
  return {
    headers: {
      'x-goog-upload-status': 'active',
      'x-goog-upload-url': session,
      'x-goog-upload-control-url': session,
      'x-goog-upload-chunk-granularity': String(GRANULARITY_BYTES),
    },
  };
};

/** Gives up the uploads that were begun first and never finished, when there are too many; each holds a file open. */
export async function forgetOldest(uploads: Map<string, UploadSession>): Promise<void> {
  const unfinished = [...uploads].filter(([, {status}]) => status === 'active');
  for (const [id, session] of unfinished.slice(0, Math.max(0, unfinished.length - MAX_UNFINISHED + 1))) {
    uploads.delete(id);
    await session.takeOver(() => session.cancel());
  }
}

async function metadataOf({service, request, json}: Call): Promise<UploadMetadata> {
  const file = objectAt(await json(), 'file') ?? {};
  const {headers} = request;
  const size = headers['x-goog-upload-header-content-length'];
  return {
    fileName: textOf(field(file, 'name')) || `files/${service.newId(12)}`,
    displayName: textOf(field(file, 'displayName')),
    mimeType: textOf(field(file, 'mimeType')) || textOf(headers['x-goog-upload-header-content-type']),
    sizeBytes: size === undefined ? undefined : Number(size),
  };
}

function checkMetadata({service}: Call, metadata: UploadMetadata): void {
  const {fileName, displayName, mimeType, sizeBytes = 0} = metadata;
  const {
    refused_mime_types: refused,
    max_file_bytes: maxBytes,
    max_storage_bytes: storage,
  } = service.behaviour;
  if (!MIME_TYPES.has(mimeType) || refused.includes(mimeType))
    throw new ServiceError(400, `Unsupported MIME type: ${mimeType}`);
  if (fileName.length > MAX_NAME_LENGTH) throw longFileId('CreateFileRequest.file');
  if (!FILE_NAME.test(fileName))
    throw new ServiceError(400, `* CreateFileRequest.file.name: invalid: ${fileName}\n`);
  if (displayName.length > MAX_DISPLAY_NAME_LENGTH)
    throw new ServiceError(400, '* CreateFileRequest.file.display_name: more than 512 characters.\n');
  if (!Number.isInteger(sizeBytes) || sizeBytes < 0) throw new ServiceError(400, 'Invalid content length.');
  if (sizeBytes > maxBytes) throw new ServiceError(400, `The file is larger than ${maxBytes} bytes.`);
  if (service.files.storedBytes + sizeBytes > storage)
    throw quotaExceeded({message: 'You have exceeded the file storage of your project.'});
  if (service.files.get(fileName) !== undefined)
    throw new ServiceError(409, `File ${fileName} already exists.`);
}
