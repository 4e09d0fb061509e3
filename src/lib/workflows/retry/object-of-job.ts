import {isCloudAddress, type BucketInput} from '../../domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../domain/bucket/object-fingerprint.js';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {changedError, sentFingerprint} from '../request-file/refuse-changed.js';
import type {BatchService} from '../../services/batch-service.js';

/**
 * The object that is the request file of a job, as it is now, if its content is what was submitted; undefined when the request file
 * is not in a bucket.
 *
 * @param unharmed - what the caller would have done otherwise, for the message.
 * @throws GembatchError `FILE_CHANGED`, `FILE_MISSING`, and what listing says.
 */
export async function objectOfJob(
  client: Pick<BatchService, 'listInputs'>,
  {input_file: address, sha256, batch}: JobRecord,
  unharmed?: string,
): Promise<BucketInput | undefined> {
  if (!isCloudAddress(address)) return undefined;
  const [object] = await client.listInputs(address);
  if (object === undefined || object.address !== address)
    throw new GembatchError(
      'FILE_MISSING',
      `${address}: the object is gone.${unharmed === undefined ? '' : ` ${unharmed}`}`,
      {suggestions: ['Put it back, and run the same command again.']},
    );
  const fingerprint = sha256 ?? sentFingerprint(batch);
  if (fingerprint === undefined || !objectFingerprint(object).startsWith(fingerprint))
    throw changedError(address, unharmed);
  return object;
}
