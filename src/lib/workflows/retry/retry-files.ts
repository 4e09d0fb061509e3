import {basename, dirname, extname, join} from 'node:path';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import {refuseLinks} from '../fetch/place/result-target.js';
import type {CreateFile} from '../poll/poll-run.js';
import {RETRIES_FOLDER, shortId} from '../reconcile/parent-of-retry.js';

/** Where the request files of a retry are written; without `createFile` nothing is. */
export interface RetryFilesInput {
  readonly requestPath: string;
  /** The job that is retried. */
  readonly record: JobRecord;
  /** Whether a request file was sent already, so that it must not be written anew. */
  readonly isSent: (path: string) => boolean;
  readonly createFile: CreateFile | undefined;
}

/** The most requests of a small job, which also has at most an eighth of those of the job that it retries. */
const SMALL_JOB_REQUESTS = 200;
const SMALLEST_JOB_REQUESTS = 10;
const NEWLINE = Buffer.from('\n');

interface OpenFile {
  readonly path: string;
  readonly file: AtomicFile | undefined;
  requests: number;
}

/**
 * The request files of a retry: one, and more of a few requests for those that fail in large jobs. All retries of one request
 * file are in one folder, also those of retries. Each is named after the first request file and the job that it retries, so
 * that names do not grow.
 */
export class RetryFiles {
  readonly #input: RetryFilesInput;
  readonly #taken = new Set<string>();
  readonly #paths: string[] = [];
  #main: OpenFile | undefined;
  #small: OpenFile | undefined;
  requests = 0;

  constructor(input: RetryFilesInput) {
    this.#input = input;
  }

  async add(line: Uint8Array, isForSmallJob: boolean): Promise<void> {
    this.requests += 1;
    const target = isForSmallJob
      ? (this.#small ??= await this.#open('.small'))
      : (this.#main ??= await this.#open(''));
    await target.file?.append(line);
    await target.file?.append(NEWLINE);
    target.requests += 1;
    if (isForSmallJob && target.requests >= this.#smallJobRequests) {
      await target.file?.commit();
      this.#small = undefined;
    }
  }

  /** @returns the paths, absolute; each file is durable then. */
  async finish(): Promise<readonly string[]> {
    await this.#main?.file?.commit();
    await this.#small?.file?.commit();
    return this.#paths;
  }

  /** Removes what is not finished. */
  async discard(): Promise<void> {
    await this.#main?.file?.discard();
    await this.#small?.file?.discard();
  }

  get #smallJobRequests(): number {
    const {count} = this.#input.record;
    const eighth = Math.ceil((count ?? 0) / 8);
    const half = Math.max(1, Math.ceil((count ?? SMALLEST_JOB_REQUESTS) / 2));
    return Math.min(half, Math.max(SMALLEST_JOB_REQUESTS, Math.min(SMALL_JOB_REQUESTS, eighth)));
  }

  async #open(kind: '' | '.small'): Promise<OpenFile> {
    const path = this.#freePath(kind);
    await refuseLinks(dirname(dirname(path)), path);
    const file = await this.#input.createFile?.(path, {overwrite: true});
    this.#paths.push(path);
    return {path, file, requests: 0};
  }

  #freePath(kind: '' | '.small'): string {
    for (let number = 1; ; number += 1) {
      const path = retryPath(this.#input, `${kind}${kind === '' && number === 1 ? '' : `.${number}`}`);
      if (this.#taken.has(path) || this.#input.isSent(path)) continue;
      this.#taken.add(path);
      return path;
    }
  }
}

function retryPath({requestPath, record}: RetryFilesInput, ending: string): string {
  const {batch, retry_of: parent} = record;
  const folder = dirname(requestPath);
  const isRetry = parent !== undefined && basename(folder) === RETRIES_FOLDER;
  const extension = extname(requestPath);
  const name = basename(requestPath, extension);
  const first = isRetry ? withoutEnding(name, shortId(parent)) : name;
  const path = `${first}.${shortId(batch.name)}${ending}${extension}`;
  return join(isRetry ? folder : join(folder, RETRIES_FOLDER), path);
}

/** The name of the first request file, from that of a retry of the job with this id. */
function withoutEnding(name: string, id: string): string {
  const at = name.lastIndexOf(`.${id}`);
  return at > 0 && /^(?:\.small)?(?:\.\d+)?$/u.test(name.slice(at + id.length + 1))
    ? name.slice(0, at)
    : name;
}
