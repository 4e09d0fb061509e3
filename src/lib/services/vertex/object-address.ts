import {GembatchError} from '../../domain/errors.js';

/** An object in Cloud Storage, or with a name that ends in a slash, or is empty, all below it. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly object: string;
}

/** https://cloud.google.com/storage/docs/buckets#naming; an object has any name on one line. */
const ADDRESS = /^gs:\/\/(?<bucket>[a-z0-9][\w.-]{1,220}[a-z0-9])(?:\/(?<object>[^\n\r\p{C}]*))?$/u;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** @throws GembatchError `REFUSED` for what is no address of Cloud Storage. */
export function parseAddress(text: string): ObjectAddress {
  const {bucket, object = ''} = ADDRESS.exec(text)?.groups ?? {};
  if (bucket !== undefined) return {bucket, object};
  throw new GembatchError(
    'REFUSED',
    `${JSON.stringify(text)} is no address in Cloud Storage (gs://BUCKET/OBJECT).`,
    {suggestions: ['Correct the address.']},
  );
}

/** `gs://bucket/object` */
export function addressText({bucket, object}: ObjectAddress): string {
  return `gs://${bucket}/${object}`;
}

/** Where in a bucket request files and results go when only the bucket is named. */
const DEFAULT_PREFIX = 'gembatch/';

/** The places in a bucket: request files by fingerprint, and for each create a folder of its own for the results. */
export class BucketLayout {
  readonly #base: ObjectAddress;

  /** @param place - `gs://bucket` or `gs://bucket/prefix`. */
  constructor(place: string) {
    const {bucket, object} = parseAddress(place);
    const prefix = object.replace(/\/+$/u, '');
    this.#base = {bucket, object: prefix === '' ? DEFAULT_PREFIX : `${prefix}/`};
  }

  /** All that gembatch keeps there is below it. */
  get base(): ObjectAddress {
    return this.#base;
  }

  /** @param sha256 - of the request file. */
  input(sha256: string): ObjectAddress {
    return {...this.#base, object: `${this.#base.object}${sha256}.jsonl`};
  }
}

/** The folder beside a request file in which the results of a create go: `gs://…/results/<attempt>/`. */
export function resultsBeside({bucket, object}: ObjectAddress, attempt: string): ObjectAddress {
  return {bucket, object: `${object.slice(0, object.lastIndexOf('/') + 1)}results/${attempt}/`};
}

/** The SHA-256 of a request file that its name has; undefined when gembatch has not put it there. */
export function fingerprintIn(object: string): string | undefined {
  return /(?:^|\/)(?<sha256>[0-9a-f]{64})\.jsonl$/u.exec(object)?.groups?.['sha256'];
}

/**
 * Names of objects with results, and of what lies beside them. While a job runs it may write `incremental_predictions.jsonl`,
 * which is all that one has that was cut off.
 */
export function shardKind(object: string): 'final' | 'incremental' | 'beside' | undefined {
  const name = object.slice(object.lastIndexOf('/') + 1);
  if (/^predictions?(?:[._-]?\d+(?:-of-\d+)?)?\.jsonl(?:-\d+-of-\d+)?$/u.test(name)) return 'final';
  if (name === 'incremental_predictions.jsonl') return 'incremental';
  return /^(?:predictions?\b.*|incremental_predictions\b.*|row_count\.json|errors?\b.*)$/u.test(name)
    ? 'beside'
    : undefined;
}
