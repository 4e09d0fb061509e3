import pLimit from 'p-limit';
import {GembatchError} from '../../../domain/errors.js';
import type {RequestFile} from '../collect-inputs.js';
import {withPreparation} from './with-preparation.js';
import {inspectFile, type Inspection, type InspectOptions} from '../../request-file/inspect-file.js';

/** One is read while the other is checked. */
const CHECKS_AT_ONCE = 2;
/** So much is checked, in about a second, although the run has failed already: what else is wrong is said with the reason. */
const BYTES_AFTER_FAILURE = 256 * 1024 * 1024;

interface Check {
  readonly inspection: Promise<Inspection>;
  onProgress: InspectOptions['onProgress'];
}

/** Checks of whole files that go on while the service is asked for the model. Nothing is sent on their strength alone. */
export class ChecksAhead {
  readonly #checks = new Map<RequestFile, Check>();
  readonly #faults: GembatchError[] = [];
  readonly #all: Promise<void>;
  #bytesLeft = Infinity;

  /** Begins the checks, in the order of the files. */
  constructor(files: readonly RequestFile[], options: Omit<InspectOptions, 'name' | 'onProgress'>) {
    const limit = pLimit(CHECKS_AT_ONCE);
    this.#all = Promise.all(
      files.map((file) =>
        limit(async () => {
          if (this.#bytesLeft > 0) await this.#check(file, options);
        }),
      ),
    ).then(() => undefined);
  }

  /** What they have found so far. */
  get faults(): readonly GembatchError[] {
    return this.#faults;
  }

  /** Resolves when all files are checked, or no more are to be. */
  get isOver(): Promise<void> {
    return this.#all;
  }

  /** Begins no further checks; those that are under way go on. */
  end(): void {
    this.#bytesLeft = 0;
  }

  /** Waits for the checks that are under way, and for more if there is not much to read. @returns what is wrong. */
  async finish(): Promise<readonly GembatchError[]> {
    this.#bytesLeft = BYTES_AFTER_FAILURE;
    await this.#all;
    return this.#faults;
  }

  /** The check of a file, if it was begun; rejects as `inspectFile` does. */
  take(file: RequestFile, onProgress: InspectOptions['onProgress']): Promise<Inspection> | undefined {
    const check = this.#checks.get(file);
    if (check !== undefined) check.onProgress = onProgress;
    return check?.inspection;
  }

  async #check(file: RequestFile, options: Omit<InspectOptions, 'name' | 'onProgress'>): Promise<void> {
    const inspection = inspectFile(file.path, {
      ...options,
      name: file.name,
      onProgress: (bytes, totalBytes) => this.#checks.get(file)?.onProgress?.(bytes, totalBytes),
    }).catch(async (error: unknown) => {
      throw await withPreparation(error, file);
    });
    this.#checks.set(file, {inspection, onProgress: undefined});
    try {
      const {size_bytes: sizeBytes} = await inspection;
      this.#bytesLeft -= sizeBytes;
    } catch (error) {
      // Other errors reject the check itself, for its caller.
      if (error instanceof GembatchError && error.code !== 'INTERRUPTED') this.#faults.push(error);
    }
  }
}
