import {GembatchError} from '../errors.js';
import type {PricedService} from '../price/price-list.js';
import type {SubmittedObject} from '../job/job-record.js';

/** An object in Cloud Storage that is a request file, as it is now. */
export interface BucketInput extends SubmittedObject {
  /** `gs://bucket/object` */
  readonly address: string;
  readonly sizeBytes: number;
}

/** What records have of an object. */
export function submittedObject({generation, crc32c, md5}: BucketInput): SubmittedObject {
  return {
    generation,
    ...(crc32c === undefined ? {} : {crc32c}),
    ...(md5 === undefined ? {} : {md5}),
  };
}

/** Whether an input is named by its address in Cloud Storage, `gs://bucket/object`: no path of this machine. */
export function isCloudAddress(input: string): boolean {
  return input.startsWith('gs://');
}

/**
 * Whether an object is a person's: a job or a create names it as its input, and so it was in the bucket before, whoever put it
 * there. Such an object is never deleted.
 *
 * @param inputs - `input_file` of all jobs and creates.
 */
export function isPersonsObject(address: string, inputs: Iterable<string>): boolean {
  if (!isCloudAddress(address)) return false;
  for (const input of inputs) if (input === address) return true;
  return false;
}

/** What is said of an object where request files are not read from a bucket. */
export function noObjectsError(address: string): GembatchError {
  return new GembatchError(
    'USAGE',
    `${address}: only Vertex AI reads request files from a bucket; nothing was sent.`,
    {
      suggestions: [
        'Send it there: --vertex --bucket gs://BUCKET',
        `Or fetch it first: gcloud storage cp "${address}" .`,
      ],
    },
  );
}

/**
 * Makes sure that addresses in Cloud Storage are named only where jobs go to Vertex AI: an address alone moves nobody's paid work.
 *
 * @throws GembatchError `USAGE`
 */
export function refuseAddresses(args: readonly string[], service: PricedService): void {
  const address = args.find((arg) => isCloudAddress(arg));
  if (address !== undefined && service !== 'vertex') throw noObjectsError(address);
}
