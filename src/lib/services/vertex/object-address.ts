import {GembatchError} from '../../domain/errors.js';

/** An object in Cloud Storage. An `object` that is empty or ends in a slash means all objects below it. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly object: string;
}

/** https://cloud.google.com/storage/docs/buckets#naming; the name of an object may be anything but several lines. */
const ADDRESS = /^gs:\/\/(?<bucket>[a-z0-9][\w.-]{1,220}[a-z0-9])(?:\/(?<object>[^\n\r\p{C}]*))?$/u;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** @throws GembatchError `REFUSED` for what is no address of Cloud Storage. */
export function parseAddress(text: string): ObjectAddress {
  const {bucket, object = ''} = ADDRESS.exec(text)?.groups ?? {};
  if (bucket !== undefined) return {bucket, object};
  throw new GembatchError('REFUSED', `${JSON.stringify(text)} is not a Cloud Storage address.`, {
    suggestions: ['Write it like gs://BUCKET/OBJECT.'],
  });
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

  /** Everything that gembatch writes is below it. */
  get base(): ObjectAddress {
    return this.#base;
  }

  /** The folder in which each create has one for its results. */
  get results(): ObjectAddress {
    return {...this.#base, object: `${this.#base.object}results/`};
  }

  /** @param sha256 - of the request file. */
  input(sha256: string): ObjectAddress {
    return {...this.#base, object: `${this.#base.object}${sha256}.jsonl`};
  }
}

/** The folder for the results of one create, beside its request file: `gs://…/results/<attempt>/`. */
export function resultsBeside({bucket, object}: ObjectAddress, attempt: string): ObjectAddress {
  return {bucket, object: `${object.slice(0, object.lastIndexOf('/') + 1)}results/${attempt}/`};
}

/** Whether gembatch put an object there, or the service for it: an upload, results, or what is beside them. */
export function isWrittenByUs({bucket, object}: ObjectAddress, layout: BucketLayout | undefined): boolean {
  const base = layout?.base.bucket === bucket ? layout.base.object : undefined;
  const ours = base !== undefined && object.startsWith(base) ? object.slice(base.length) : '';
  if (/^results\/[^/]+\//u.test(ours) || /^[0-9a-f]{64}\.jsonl$/u.test(ours)) return true;
  return /(?:^|\/)prediction-[^/]+\/[^/]+$/u.test(object) && shardKind(object) !== undefined;
}

/** The SHA-256 in the name of a request file; undefined when gembatch did not upload it. */
export function fingerprintIn(object: string): string | undefined {
  return /(?:^|\/)(?<sha256>[0-9a-f]{64})\.jsonl$/u.exec(object)?.groups?.['sha256'];
}

/**
 * Whether an object has results (`final`, or `incremental` of a job that still runs or was cut off), or is another file that the
 * service puts beside them; undefined for everything else.
 */
export function shardKind(object: string): 'final' | 'incremental' | 'beside' | undefined {
  const name = object.slice(object.lastIndexOf('/') + 1);
  if (/^predictions?(?:[._-]?\d+(?:-of-\d+)?)?\.jsonl(?:-\d+-of-\d+)?$/u.test(name)) return 'final';
  if (name === 'incremental_predictions.jsonl') return 'incremental';
  return /^(?:predictions?\b.*|incremental_predictions\b.*|row_count\.json|errors?\b.*)$/u.test(name)
    ? 'beside'
    : undefined;
}
