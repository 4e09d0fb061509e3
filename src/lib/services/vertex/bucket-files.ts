import {GembatchError} from '../../domain/errors.js';
import type {CallOptions, Deletion, RemoteFile, UploadFile, UploadOptions} from '../batch-service.js';
import {textOf} from '../reply.js';
import type {CloudStorage} from './cloud-storage.js';
import {
  addressText,
  BucketLayout,
  fingerprintIn,
  parseAddress,
  type ObjectAddress,
} from './object-address.js';
import {ObjectUpload} from './object-upload.js';
import type {StorageObject} from './vertex-reply.js';

/** So long an object that was found and taken for a new job is left alone: the create of that job may be under way. */
const RESERVED_MS = 3_600_000;

interface BucketFilesDeps {
  readonly storage: CloudStorage;
  /** Whether an open job reads the object of this name. */
  readonly isRead: (object: string, options: CallOptions) => Promise<boolean>;
  /** The service's clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** The request files that gembatch puts in a bucket. */
export class BucketFiles {
  readonly #deps: BucketFilesDeps;

  constructor(deps: BucketFilesDeps) {
    this.#deps = deps;
  }

  /** @param bucket - `gs://bucket` or `gs://bucket/prefix`. */
  async upload(bucket: string, file: UploadFile, options: UploadOptions): Promise<RemoteFile> {
    const address = new BucketLayout(bucket).input(file.sha256);
    await new ObjectUpload(this.#deps.storage, address, file, options).run();
    const {sizeBytes, sha256, displayName} = file;
    return {name: addressText(address), displayName, sizeBytes, sha256};
  }

  /** @throws GembatchError `NOT_FOUND`. */
  async get(name: string, options: CallOptions): Promise<RemoteFile> {
    const address = parseAddress(name);
    return remoteFile(address, await this.#deps.storage.get(address, options));
  }

  /** Our request files in the bucket; other objects are not listed. */
  async *list(bucket: string, options: CallOptions): AsyncGenerator<readonly RemoteFile[]> {
    const {base} = new BucketLayout(bucket);
    for await (const page of this.#deps.storage.list(base, options)) {
      const ours = page.filter(
        ({name}) => fingerprintIn(name) !== undefined && !name.slice(base.object.length).includes('/'),
      );
      yield ours.map((object) => remoteFile(base, object));
    }
  }

  /** @throws GembatchError `REFUSED` for what is no request file of ours, and one that an open job reads, or may be about to. */
  async delete(name: string, options: CallOptions): Promise<Deletion> {
    const {storage, isRead} = this.#deps;
    const address = parseAddress(name);
    if (fingerprintIn(address.object) === undefined)
      throw new GembatchError('REFUSED', `${name} was not deleted, because gembatch did not upload it.`, {
        suggestions: [],
      });
    let seen: StorageObject;
    try {
      seen = await storage.get(address, options);
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
    if (this.#isReserved(seen) || (await isRead(address.object, options)))
      throw new GembatchError('REFUSED', `${name} is kept: another job reads the same requests.`, {
        suggestions: [],
      });
    return storage.delete(address, seen, options);
  }

  /** Whether a new job took the object a short while ago. */
  #isReserved({metageneration, updateTime = ''}: StorageObject): boolean {
    if (metageneration === undefined || metageneration === '1') return false;
    return !(this.#deps.now() - Date.parse(updateTime) > RESERVED_MS);
  }
}

function remoteFile(
  {bucket}: ObjectAddress,
  {name, sizeBytes, createTime, notes}: StorageObject,
): RemoteFile {
  const sha256 = fingerprintIn(name);
  const displayName = textOf(notes['gembatch']);
  return {
    name: addressText({bucket, object: name}),
    state: 'ACTIVE',
    ...(displayName === undefined ? {} : {displayName}),
    ...(sizeBytes === undefined ? {} : {sizeBytes}),
    ...(sha256 === undefined ? {} : {sha256}),
    ...(createTime === undefined ? {} : {createTime}),
  };
}
