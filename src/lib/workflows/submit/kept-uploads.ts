import type {Clock} from '../../domain/clock.js';
import type {DeleteUploadDeps} from '../cleanup/delete-upload.js';
import {discardUpload} from '../cleanup/discard-remote.js';

/** The service deletes uploads after 48 hours; a job may have to wait in the service's own queue, too. */
const OLDEST_MS = 24 * 3_600_000;

/** An upload that the service has. */
export interface KeptUpload {
  /** `files/<id>` */
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** By the monotonic clock. */
  readonly uploadedMs: number;
}

/** Uploads whose create was refused for lack of quota, for the next pass over their request files. */
export class KeptUploads {
  readonly #deps: DeleteUploadDeps & {readonly clock: Clock};
  readonly #most: number;
  readonly #byFile = new Map<string, KeptUpload>();

  /** @param most - how many are kept; of more, the oldest are deleted. */
  constructor(deps: DeleteUploadDeps & {readonly clock: Clock}, most: number) {
    this.#deps = deps;
    this.#most = most;
  }

  /** Bytes that they take at the service. */
  get sizeBytes(): number {
    return [...this.#byFile.values()].reduce((sum, {sizeBytes}) => sum + sizeBytes, 0);
  }

  /** @returns what could not be deleted, for a person. */
  async keep(inputFile: string, upload: KeptUpload): Promise<string | undefined> {
    this.#byFile.set(inputFile, upload);
    const [oldest] = this.#byFile.keys();
    return this.#byFile.size > this.#most && oldest !== undefined ? this.#discard(oldest) : undefined;
  }

  /** The upload with this content, which is kept no longer; undefined when there is none that will do. */
  async take(inputFile: string, sha256: string): Promise<KeptUpload | undefined> {
    const kept = this.#byFile.get(inputFile);
    if (kept === undefined) return undefined;
    if (kept.sha256 !== sha256 || this.#deps.clock.monotonic() - kept.uploadedMs > OLDEST_MS) {
      await this.#discard(inputFile);
      return undefined;
    }
    this.#byFile.delete(inputFile);
    return kept;
  }

  /** Deletes all of them. @returns what could not be deleted, for a person. */
  async discardAll(): Promise<readonly string[]> {
    const left = await Promise.all([...this.#byFile.keys()].map((file) => this.#discard(file)));
    return left.filter((text) => text !== undefined);
  }

  async #discard(inputFile: string): Promise<string | undefined> {
    const kept = this.#byFile.get(inputFile);
    this.#byFile.delete(inputFile);
    return kept === undefined ? undefined : discardUpload(this.#deps, {name: kept.name, inputFile});
  }
}
