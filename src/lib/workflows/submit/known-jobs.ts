import type {JobRecord} from '../../domain/job/job-record.js';
import type {StoreSnapshot} from '../../store/job-store.js';

/**
 * The batch jobs that exist for request files, found by path and by content in constant time.
 *
 * Where several jobs fit, the one recorded last is found: it is the one that `--force` made.
 */
export class KnownJobs {
  readonly #byInputFile = new Map<string, JobRecord>();
  readonly #byContent = new Map<string, JobRecord>();
  readonly #resultFiles = new Set<string>();

  constructor(snapshot: StoreSnapshot) {
    for (const {record} of snapshot.records) this.add(record);
  }

  add(record: JobRecord): void {
    this.#byInputFile.set(record.input_file, record);
    if (record.results !== undefined) this.#resultFiles.add(record.results.file);
    for (const model of [record.batch.model, record.requested_model]) {
      if (record.sha256 === undefined || model === undefined) continue;
      this.#byContent.set(contentId(record.sha256, model), record);
    }
  }

  /** @param inputFile - canonical path, as `JobStore.inputName` gives it. */
  ofInputFile(inputFile: string): JobRecord | undefined {
    return this.#byInputFile.get(inputFile);
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
