import {createHash} from 'node:crypto';
import {timestamp} from '../control/clock.js';
import type {Call} from '../http/call.js';
import {ServiceError} from '../http/service-error.js';
import {contentOf} from '../files/content.js';
import type {StoredFile} from '../files/stored-file.js';
import {crc32cOfFile} from './crc32c.js';

/** A bucket and an object in it. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly object: string;
}

/** What `bucket/object` stands for, as the id of a call has it; the object may have slashes itself. */
export function placeOf(id: string): ObjectPlace {
  const end = id.indexOf('/');
  return end === -1 ? {bucket: id, object: ''} : {bucket: id.slice(0, end), object: id.slice(end + 1)};
}

/** `gs://bucket/object` */
export function addressOf({bucket, object}: ObjectPlace): string {
  return `gs://${bucket}/${object}`;
}

/** The object as Cloud Storage describes it, https://cloud.google.com/storage/docs/json_api/v1/objects#resource. */
export async function objectResource(file: StoredFile): Promise<unknown> {
  const {bucket, object} = placeOf(file.name.slice('gs://'.length));
  const {generation = '1', metageneration = 1, metadata, updatedMs = file.createdMs} = file.object ?? {};
  return {
    kind: 'storage#object',
    id: `${bucket}/${object}/${generation}`,
    name: object,
    bucket,
    generation,
    metageneration: String(metageneration),
    ...(metadata === undefined ? {} : {metadata}),
    contentType: file.mimeType,
    storageClass: 'STANDARD',
    size: String(file.sizeBytes),
    crc32c: await crc32cOfFile(file),
    ...(file.made === undefined ? {md5Hash: await md5OfFile(file)} : {}),
    timeCreated: timestamp(file.createdMs),
    updated: timestamp(updatedMs),
  };
}

const known = new WeakMap<StoredFile, Promise<string>>();

/** In base64. Only composite objects have none, https://cloud.google.com/storage/docs/composite-objects. */
function md5OfFile(file: StoredFile): Promise<string> {
  const md5 = known.get(file) ?? readMd5(file);
  known.set(file, md5);
  return md5;
}

async function readMd5(file: StoredFile): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of contentOf(file)) hash.update(chunk);
  return hash.digest('base64');
}

/** @throws ServiceError 404 for a bucket that is not there. */
export function checkBucket({service}: Call, bucket: string): void {
  if (service.behaviour.missing_buckets.includes(bucket))
    throw new ServiceError(404, 'The specified bucket does not exist.');
}

/**
 * The object that a call names, in the generation that it names.
 *
 * @throws ServiceError 404, and 412 for another generation than `ifGenerationMatch` asks for.
 */
export function objectOf(call: Call): StoredFile {
  const place = placeOf(call.id);
  checkBucket(call, place.bucket);
  const file = call.service.files.get(addressOf(place));
  const wanted = call.url.searchParams.get('generation');
  if (file?.object === undefined || (wanted !== null && wanted !== file.object.generation))
    throw new ServiceError(404, `No such object: ${place.bucket}/${place.object}`);
  checkGeneration(call, call.url.searchParams.get('ifGenerationMatch'), addressOf(place));
  const metageneration = call.url.searchParams.get('ifMetagenerationMatch');
  if (metageneration !== null && Number(metageneration) !== (file.object.metageneration ?? 1))
    throw preconditionFailed();
  return file;
}

/**
 * Checks `ifGenerationMatch`; 0 stands for an object that is not there.
 *
 * @throws ServiceError 412
 */
export function checkGeneration({service}: Call, wanted: string | null, address: string): void {
  if (wanted === null || wanted === (service.files.get(address)?.object?.generation ?? '0')) return;
  throw preconditionFailed();
}

function preconditionFailed(): ServiceError {
  return new ServiceError(412, 'At least one of the pre-conditions you specified did not hold.');
}
