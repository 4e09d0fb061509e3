import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../domain/bucket/object-fingerprint.js';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';

/**
 * What a person should know of the object that was the input of a job, now that the job is over: a job reads it as it is when the
 * job runs, so that another content in its place may be what was answered. Nothing of other inputs.
 */
export async function changedInputNotes(
  client: Pick<BatchService, 'listInputs'>,
  {input_file: address, object, sha256}: JobRecord,
  stop: AbortSignal,
): Promise<readonly string[]> {
  if (!isCloudAddress(address) || object === undefined) return [];
  try {
    const [now] = await client.listInputs(address, {signal: stop});
    const isSame = now?.generation === object.generation;
    if (now !== undefined && (isSame || objectFingerprint(now) === sha256)) return [];
    const what = now === undefined ? 'is gone' : 'has another content';
    return [`The object ${what} since it was submitted; which content the job has read is not known.`];
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return [`Whether the object is still what was submitted is not known (${error.message}).`];
  }
}
