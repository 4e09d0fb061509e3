/** Uploads to Cloud Storage: resumable ones, https://cloud.google.com/storage/docs/performing-resumable-uploads, and whole ones. */
import {receive} from '../../http/body.js';
import type {Answer, Call, Route} from '../../http/call.js';
import {isObject, textOf, textsOf} from '../../http/json.js';
import {ServiceError} from '../../http/service-error.js';
import {throttled} from '../../http/throttle.js';
import {UploadSession} from '../../files/upload-session.js';
import type {FileWriter, StoredFile} from '../../files/stored-file.js';
import {addressOf, checkBucket, checkGeneration, objectResource} from '../../storage/object-resource.js';
import {forgetOldest, GRANULARITY_BYTES} from '../uploads/start.js';
import {sessionOf} from '../uploads/query.js';

/** `POST /upload/storage/v1/b/{bucket}/o?uploadType=resumable` */
export const objectUploadStart: Route = async (call) => {
  const {service, url, request} = call;
  const body = await call.json();
  const address = newAddress(call, textOf(body['name']));
  const wanted = url.searchParams.get('ifGenerationMatch');
  checkGeneration(call, wanted, address);
  const size = request.headers['x-upload-content-length'];
  const metadata = {
    fileName: address,
    displayName: address,
    mimeType:
      textOf(body['contentType']) ||
      textOf(request.headers['x-upload-content-type']) ||
      'application/octet-stream',
    sizeBytes: size === undefined ? undefined : Number(size),
    ...(wanted === null ? {} : {ifGenerationMatch: wanted}),
    ...(isObject(body['metadata']) ? {notes: textsOf(body['metadata'])} : {}),
  };
  const id = service.newId(64);
  await forgetOldest(service.uploads);
  service.uploads.set(id, new UploadSession(id, metadata, await service.newFileWriter()));
  return {headers: {location: new URL(`${url.pathname}?uploadType=resumable&upload_id=${id}`, url).href}};
};

/** `POST /upload/storage/v1/b/{bucket}/o?uploadType=media`: an object in one request. */
export const objectUploadWhole: Route = async (call) => {
  const {service, url, request} = call;
  const address = newAddress(call, '');
  checkGeneration(call, url.searchParams.get('ifGenerationMatch'), address);
  const writer = await service.newFileWriter();
  for await (const chunk of throttled(receive(request, call.logged), call.faults)) await writer.write(chunk);
  return {
    json: await objectResource(
      await store(call, {writer, address, mimeType: textOf(request.headers['content-type'])}),
    ),
  };
};

/** `PUT` on the address of an upload, with bytes. */
export const objectUploadChunk: Route = (call) => {
  const session = sessionOf(call);
  return session.takeOver((brokenOff) => takeChunk(call, session, brokenOff));
};

/** `PUT` on the address of an upload, without bytes and with `Content-Range: bytes *` + `/N`: how far is it? */
export const objectUploadQuery: Route = (call) => {
  if (!call.service.behaviour.has_upload_query) throw new ServiceError(400, 'Bad request.');
  const session = sessionOf(call);
  return session.takeOver(async () => {
    const {total} = contentRangeOf(call.request.headers['content-range']) ?? {};
    if (session.status === 'active' && session.writer.sizeBytes === total) await finish(call, session);
    return stateOf(session, call.faults.get('offset_lie')?.bytes);
  });
};

/** `DELETE` on the address of an upload; the service answers 499. */
export const objectUploadCancel: Route = async (call) => {
  const session = sessionOf(call);
  await session.takeOver(() => session.cancel());
  throw new ServiceError(499, 'The upload was cancelled.');
};

/** What a `Content-Range` says: `first` is undefined in a question about the state. */
interface ContentRange {
  readonly first: number | undefined;
  /** Of the whole object; undefined while unknown. */
  readonly total: number | undefined;
}

/** undefined when there is none: then the body is all of the object. */
export function contentRangeOf(header: string | undefined): ContentRange | undefined {
  const {first, total} =
    /^bytes (?:(?<first>\d+)-\d+|\*)\/(?<total>\d+|\*)$/u.exec(header ?? '')?.groups ?? {};
  if (total === undefined) return undefined;
  return {
    first: first === undefined ? undefined : Number(first),
    total: total === '*' ? undefined : Number(total),
  };
}

async function takeChunk(call: Call, session: UploadSession, brokenOff: AbortSignal): Promise<Answer> {
  const {headers} = call.request;
  if (session.status === 'cancelled') throw new ServiceError(499, 'The upload was cancelled.');
  if (session.status === 'final') return stateOf(session);
  const range = contentRangeOf(headers['content-range']) ?? {
    first: 0,
    total: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
  };
  const {first = session.writer.sizeBytes, total} = range;
  // What the service has already is passed over; what leaves a gap is refused.
  if (first > session.writer.sizeBytes)
    throw new ServiceError(503, `Invalid request. The upload has ${session.writer.sizeBytes} bytes.`);
  let skip = session.writer.sizeBytes - first;
  brokenOff.addEventListener('abort', () => call.request.destroy());
  for await (const chunk of throttled(receive(call.request, call.logged), call.faults)) {
    if (brokenOff.aborted) throw new ServiceError(409, 'Another request has taken over this upload.');
    const bytes = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - bytes.length;
    if (bytes.length > 0) await session.writer.write(bytes);
  }
  if (session.writer.sizeBytes === total) await finish(call, session);
  else if (session.writer.sizeBytes % GRANULARITY_BYTES !== 0)
    throw new ServiceError(400, `A chunk must be a multiple of ${GRANULARITY_BYTES} bytes.`);
  return stateOf(session);
}

/** The object when the upload is over; else 308 with the bytes that the service has, and without a range when it has none. */
async function stateOf(session: UploadSession, lieBytes = 0): Promise<Answer> {
  if (session.status === 'cancelled') throw new ServiceError(499, 'The upload was cancelled.');
  if (session.file !== undefined) return {json: await objectResource(session.file)};
  const received = session.writer.sizeBytes + lieBytes;
  return {status: 308, headers: received > 0 ? {range: `bytes=0-${received - 1}`} : {}};
}

async function finish(call: Call, session: UploadSession): Promise<void> {
  const {metadata, writer} = session;
  const {fileName: address, mimeType, ifGenerationMatch = null, notes} = metadata;
  checkGeneration(call, ifGenerationMatch, address);
  session.file = await store(call, {writer, address, mimeType, ...(notes === undefined ? {} : {notes})});
  session.status = 'final';
}

interface NewObject {
  readonly writer: FileWriter;
  readonly address: string;
  readonly mimeType: string;
  /** What its owner notes on it. */
  readonly notes?: Readonly<Record<string, string>>;
}

async function store({service}: Call, {writer, address, mimeType, notes}: NewObject): Promise<StoredFile> {
  const createdMs = service.clock.now();
  const content = await writer.finish();
  const generation = String(Math.floor(createdMs * 1_000) + service.nextObject());
  const facts = {name: address, displayName: address, mimeType, createdMs, isGenerated: false};
  return service.files.replace({
    ...content,
    ...facts,
    object: {generation, ...(notes === undefined ? {} : {metadata: notes})},
  });
}

/** @throws ServiceError 400 without a name, 404 without a bucket. */
function newAddress(call: Call, named: string): string {
  const object = call.url.searchParams.get('name') ?? named;
  checkBucket(call, call.id);
  if (object === '') throw new ServiceError(400, 'Required parameter: name');
  return addressOf({bucket: call.id, object});
}
