import {ServiceError} from '../http/service-error.js';
import type {FileWriter, StoredFile} from './stored-file.js';

/** What is said of a file when its upload begins. */
export interface UploadMetadata {
  /** `files/<id>` */
  readonly fileName: string;
  readonly displayName: string;
  readonly mimeType: string;
  /** Undefined when the client did not say. */
  readonly sizeBytes: number | undefined;
  /** Of an object in Cloud Storage: the generation that it must have when the upload ends. */
  readonly ifGenerationMatch?: string;
  /** Of such an object: what its owner notes on it. */
  readonly notes?: Readonly<Record<string, string>>;
}

/** A resumable upload that is under way, or has ended. */
export class UploadSession {
  status: 'active' | 'final' | 'cancelled' = 'active';
  file?: StoredFile;
  #turn: Promise<unknown> = Promise.resolve();
  #current = new AbortController();

  constructor(
    readonly id: string,
    readonly metadata: UploadMetadata,
    readonly writer: FileWriter,
  ) {}

  /**
   * Lets one request work on the upload at a time. A new one breaks off the one before, which as a rule is what is left of
   * a connection that its client has given up: what it brought stays, and the offset does not move any more.
   */
  async takeOver<T>(work: (brokenOff: AbortSignal) => Promise<T>): Promise<T> {
    this.#current.abort();
    const controller = new AbortController();
    this.#current = controller;
    const before = this.#turn;
    const done = (async (): Promise<T> => {
      await before;
      return work(controller.signal);
    })();
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** @throws ServiceError 400 when it has ended already. */
  checkActive(): void {
    if (this.status !== 'active') throw new ServiceError(400, `Upload has already been ${this.status}.`);
  }

  /** Gives it up, with what it brought. */
  async cancel(): Promise<void> {
    if (this.status !== 'active') return;
    this.status = 'cancelled';
    await this.writer.discard();
  }
}
