import type {PartOf} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import {KnownJobs} from '../submit/duplicates/known-jobs.js';

/** What was sent by now, or may have been, as whole files and as parts: creates without an answer count, too. */
export class SentWork {
  readonly #store: JobStore;
  readonly #known: KnownJobs;
  readonly #open: ReadonlySet<string>;
  readonly #parts = new Map<string, PartOf[]>();

  /** @param address - of the service, as `KnownJobs` has it. */
  constructor(store: JobStore, address: string | undefined) {
    const snapshot = store.read();
    this.#store = store;
    this.#known = new KnownJobs(snapshot, store, address);
    const all = [...snapshot.records.map(({record}) => record), ...snapshot.openIntents];
    for (const {part_of: part} of all) {
      if (part === undefined) continue;
      const its = this.#parts.get(part.input_file);
      if (its === undefined) this.#parts.set(part.input_file, [part]);
      else its.push(part);
    }
    this.#open = new Set(snapshot.openIntents.map(({input_file: file}) => file));
  }

  /** Whether the file has, or may have, a job as a whole. */
  isWhole({inputFile}: RequestFile): boolean {
    return this.#known.ofInputFile(inputFile) !== undefined || this.#open.has(inputFile);
  }

  /** Whether the same content has a job under another name. @param model - resource name. */
  isContent(sha256: string, model: string): boolean {
    return this.#known.ofContent(sha256, model) !== undefined;
  }

  /** The parts of a file that have, or may have, a job. */
  partsOf({inputFile}: RequestFile): readonly PartOf[] {
    return this.#parts.get(inputFile) ?? [];
  }

  /** Whether a file holds requests that were not sent, in whole or in part; the files of gembatch hold none. */
  isUnsent(file: RequestFile): boolean {
    const isOwn = this.#store.isOwnFile(file.path) || this.#known.isResultFile(file.inputFile);
    return !isOwn && !this.isWhole(file) && this.partsOf(file).length === 0;
  }
}
