import {createHash} from 'node:crypto';
import type {BucketInput} from './bucket-input.js';

/**
 * The fingerprint of an object, by what Cloud Storage says of it, so that nothing has to be read: of its MD5 and size, by which the
 * same content is known elsewhere too. Objects that are composed of others have no MD5; theirs is of address and generation.
 *
 * @returns 64 lower-case hex digits.
 */
export function objectFingerprint({
  address,
  sizeBytes,
  generation,
  md5,
}: Pick<BucketInput, 'address' | 'sizeBytes' | 'generation' | 'md5'>): string {
  const text = md5 === undefined ? `gs ${address}#${generation}` : `gs ${md5} ${sizeBytes}`;
  return createHash('sha256').update(text).digest('hex');
}
