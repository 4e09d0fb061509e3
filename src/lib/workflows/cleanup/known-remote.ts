import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal} from '../../domain/job/job-state.js';
import type {RemoteFile} from '../../services/batch-service.js';
import {isUploadOf} from './discard-remote.js';
import type {Inventory} from './plan-cleanup.js';

/** What is known of jobs and files at the service, found by their names in constant time. */
export class KnownRemote {
  /** Whether any job of the project runs. */
  readonly isAnyRunning: boolean;
  readonly #byJob = new Map<string, JobRecord>();
  readonly #byUpload = new Map<string, JobRecord>();
  readonly #byInputFile = new Map<string, JobRecord[]>();
  readonly #used: ReadonlySet<string | undefined>;
  readonly #sources: ReadonlyMap<string, string | undefined>;

  constructor({records, jobs}: Pick<Inventory, 'records' | 'jobs'>) {
    this.isAnyRunning = jobs.some(({state}) => !isTerminal(state));
    this.#sources = new Map(jobs.map(({name, src}) => [name, src?.file_name]));
    this.#used = new Set(jobs.map(({src}) => src?.file_name));
    for (const record of records) {
      const {batch, uploaded_file_name: upload, input_file: file} = record;
      if (!this.#byJob.has(batch.name)) this.#byJob.set(batch.name, record);
      if (!this.#byUpload.has(upload)) this.#byUpload.set(upload, record);
      const same = this.#byInputFile.get(file);
      if (same === undefined) this.#byInputFile.set(file, [record]);
      else same.push(record);
    }
  }

  /** @param job - `batches/<id>` */
  recordOfJob(job: string): JobRecord | undefined {
    return this.#byJob.get(job);
  }

  /**
   * The record whose upload the file is. A record may come from anybody, so that its word alone does not count: the service has
   * to say so of the job, or, where it is silent, the display name or the content of the file.
   */
  recordOfUpload(file: RemoteFile): JobRecord | undefined {
    const record = this.#byUpload.get(file.name);
    if (record === undefined) return undefined;
    const source = this.#sources.get(record.batch.name);
    const isOwn = source === undefined ? isUploadOf(file, record.sha256) : source === file.name;
    return isOwn ? record : undefined;
  }

  /** Whether a job of the project reads the file. */
  isUsed(file: string): boolean {
    return this.#used.has(file);
  }

  /** Whether a request file with this content was uploaded for a record. Another folder may have a file of the same name; its fingerprint tells. */
  hasUploaded({inputFile, fingerprintHead}: {inputFile: string; fingerprintHead: string}): boolean {
    const records = this.#byInputFile.get(inputFile) ?? [];
    return records.some(({sha256}) => sha256?.startsWith(fingerprintHead) === true);
  }
}
