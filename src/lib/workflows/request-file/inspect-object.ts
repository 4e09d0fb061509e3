import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../domain/bucket/object-fingerprint.js';
import {GembatchError} from '../../domain/errors.js';
import {LineSplitter} from '../../domain/json/line-splitter.js';
import type {PricedService} from '../../domain/price/price-list.js';
import {RequestFileCheck, type CheckOptions} from '../../domain/request/request-file.js';
import {SERVICE_LIMITS} from '../../domain/service/service-of.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';
import type {FileEstimator} from '../estimate/file-estimator.js';
import {invalidError} from './file-error.js';
import {warningText, type Inspection} from './inspect-file.js';

/** How an object in a bucket is inspected. */
export interface InspectObjectOptions extends CheckOptions, CallOptions {
  readonly service: PricedService;
  /** Whether its lines are read and checked; else only what Cloud Storage says of it counts. */
  readonly isRead: boolean;
  readonly estimator: FileEstimator;
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/**
 * Inspects a request file in a bucket. Its fingerprint is that of what Cloud Storage says of it, whether it is read or not: a check
 * does not make other work of it.
 *
 * @throws GembatchError `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_CHANGED`, `FILE_INVALID` as `inspectFile`, `INTERRUPTED`, `SERVICE`.
 */
export async function inspectObject(
  client: Pick<BatchService, 'openInput'>,
  object: BucketInput,
  options: InspectObjectOptions,
): Promise<Inspection> {
  const {address, sizeBytes} = object;
  const {maxFileBytes, maxRequests} = SERVICE_LIMITS[options.service];
  if (sizeBytes === 0) throw emptyError(address);
  if (sizeBytes > maxFileBytes) throw tooLarge(address, `${sizeBytes} bytes`, maxFileBytes);
  const known = {size_bytes: sizeBytes, sha256: objectFingerprint(object)};
  if (!options.isRead) return {...known, count: null, warnings: []};

  const check = new RequestFileCheck(options);
  const lines = options.estimator.lines(address);
  const splitter = new LineSplitter((bytes, start, end) => lines.add(bytes.subarray(start, end)));
  let readBytes = 0;
  for await (const chunk of client.openInput(object, options)) {
    check.push(chunk);
    if (check.hasGivenUp) break;
    splitter.push(chunk);
    readBytes += chunk.length;
    options.onProgress?.(readBytes, sizeBytes);
  }
  const facts = check.finish();
  if (facts.problems.length > 0) throw invalidError(address, facts);
  splitter.finish();
  const {count} = facts;
  if (count === 0) throw emptyError(address);
  if (maxRequests !== null && count > maxRequests) throw tooLarge(address, `${count} requests`, maxRequests);
  return {...known, count, warnings: facts.warnings.map(warningText), estimate: lines.estimate()};
}

function emptyError(address: string): GembatchError {
  return new GembatchError('FILE_EMPTY', `${address}: the object is empty.`);
}

/** What is in a bucket is not split: its parts would have to be written there. */
function tooLarge(address: string, has: string, most: number): GembatchError {
  return new GembatchError(
    'FILE_TOO_LARGE',
    `${address} has ${has}; one batch job takes ${most} at most. Nothing was sent.`,
    {
      suggestions: [
        `Fetch it, and submit it from here, where it goes in parts: gcloud storage cp "${address}" .`,
        'Or split it in the bucket.',
      ],
    },
  );
}
