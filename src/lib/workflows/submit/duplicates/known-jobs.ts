import {existsSync} from 'node:fs';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {isOfService} from '../../../domain/service/service-address.js';
import type {JobStore, StoreSnapshot} from '../../../store/job-store.js';

/**
 * The batch jobs that exist for request files, found by path and by content in constant time.
 *
 * Where several jobs fit, the one recorded last is found: it is the one that `--force` made.
 */
export class KnownJobs {
  readonly #byInputFile = new Map<string, JobRecord>();
  readonly #byContent = new Map<string, JobRecord>();
  readonly #resultFiles = new Set<string>();
  /** The recorded parts of whole files, by the content of these. */
  readonly #parts = new Map<string, Set<number>>();
  readonly #names = new Set<string>();
  readonly #store: Pick<JobStore, 'inputName' | 'resolveInput'>;
  readonly #address: string | undefined;

  /**
   * @param store - says which file an `input_file` means, however it is spelled.
   * @param address - of the service: work that was done at an emulator is not done anywhere else.
   */
  constructor(
    snapshot: StoreSnapshot,
    store: Pick<JobStore, 'inputName' | 'resolveInput'>,
    address?: string,
  ) {
    this.#store = store;
    this.#address = address;
    for (const {record} of snapshot.records) this.add(record);
  }

  add(record: JobRecord): void {
    if (record.results !== undefined) this.#resultFiles.add(record.results.file);
    if (record.joined !== undefined) this.#resultFiles.add(record.joined.file);
    if (!isOfService(record, this.#address)) return;
    for (const file of this.#filesOf(record)) this.#byInputFile.set(file, record);
    this.#names.add(record.batch.name);
    for (const model of [record.batch.model, record.requested_model]) {
      if (record.sha256 === undefined || model === undefined) continue;
      this.#byContent.set(contentId(record.sha256, model), record);
      this.#addWhole(record, model);
    }
  }

  /** The content of a whole file is known when all of its parts are. */
  #addWhole(record: JobRecord, model: string): void {
    const {part_of: part} = record;
    if (part === undefined) return;
    const content = contentId(part.sha256, model);
    const indexes = this.#parts.get(content) ?? new Set();
    this.#parts.set(content, indexes.add(part.index));
    if (indexes.size === part.of) this.#byContent.set(content, record);
  }

  /** @param inputFile - canonical path, as `JobStore.inputName` gives it. */
  ofInputFile(inputFile: string): JobRecord | undefined {
    return this.#byInputFile.get(inputFile);
  }

  /** Whether a batch job is recorded. */
  hasJob(name: string): boolean {
    return this.#names.has(name);
  }

  /**
   * The files that a record may mean, in the spelling of ours. Ours is kept as it is, because to look at 100,000 paths takes
   * seconds. Another tool writes what it was given, relative to the folder that it ran in: where no such file is beside the
   * job-info file, the working folder may be that one.
   */
  #filesOf({input_file: file, attempt}: JobRecord): readonly string[] {
    if (attempt !== undefined || isCloudAddress(file)) return [file];
    const path = this.#store.resolveInput(file);
    const name = this.#store.inputName(path);
    return existsSync(path) ? [name] : [name, this.#store.inputName(file)];
  }

  /** Whether a file holds the results of a job. */
  isResultFile(inputFile: string): boolean {
    return this.#resultFiles.has(inputFile);
  }

  /** @param model - resource name of the model, `models/<id>`. */
  ofContent(sha256: string, model: string): JobRecord | undefined {
    return this.#byContent.get(contentId(sha256, model));
  }
}

/** Identifies work: the same bytes for the same model are the same work, whatever the file is called. */
export function contentId(sha256: string, model: string): string {
  return `${sha256} ${model}`;
}
