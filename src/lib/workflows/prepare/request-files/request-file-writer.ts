import {createHash, type Hash} from 'node:crypto';
import {join} from 'node:path';
import type {AtomicFile} from '../../../store/file/atomic-file.js';
import type {ManifestFile} from '../../../domain/prepare/prepare-manifest.js';
import type {CreateFile} from '../../poll/poll-run.js';

const BLOCK_BYTES = 256 * 1024;
/** More files than anybody makes of one source; names sort as long as their numbers have as many digits. */
const NUMBER_DIGITS = 5;

/** Where request files go, and how large they get. */
export interface WriterOptions {
  readonly folder: string;
  /** What their names start with. */
  readonly stem: string;
  /** The number of the first one. */
  readonly first: number;
  readonly maxRequests: number;
  readonly maxBytes: number;
}

interface OpenFile {
  readonly name: string;
  readonly file: AtomicFile;
  readonly hash: Hash;
  requests: number;
  sizeBytes: number;
}

/** Writes request files, none of which is in place before all of them are whole. */
export class RequestFileWriter {
  #open: OpenFile | undefined;
  readonly #finished: {readonly file: AtomicFile; readonly facts: ManifestFile}[] = [];
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;

  constructor(
    private readonly createFile: CreateFile,
    private readonly options: WriterOptions,
  ) {}

  /** Adds a line, its line end included; it may be reused once this is over. There is nothing to wait for most of the time. */
  add(line: Uint8Array): true | Promise<true> {
    const open = this.#open;
    const hasRoom =
      open !== undefined && !this.#isFull(open, line) && this.#filled + line.length <= BLOCK_BYTES;
    return hasRoom ? this.#note(open, line) : this.#addSlowly(line);
  }

  /** Puts all files in place. */
  async commit(): Promise<readonly ManifestFile[]> {
    await this.#finish();
    for (const {file} of this.#finished) await file.commit();
    return this.#finished.map(({facts}) => facts);
  }

  /** Removes what is not in place. */
  async discard(): Promise<void> {
    await this.#open?.file.discard();
    for (const {file} of this.#finished) await file.discard();
  }

  #isFull({requests, sizeBytes}: OpenFile, line: Uint8Array): boolean {
    return requests >= this.options.maxRequests || sizeBytes + line.length > this.options.maxBytes;
  }

  #note(open: OpenFile, line: Uint8Array): true {
    if (line.length <= BLOCK_BYTES) {
      this.#block.set(line, this.#filled);
      this.#filled += line.length;
    }
    open.requests++;
    open.sizeBytes += line.length;
    return true;
  }

  async #addSlowly(line: Uint8Array): Promise<true> {
    if (this.#open !== undefined && this.#isFull(this.#open, line)) await this.#finish();
    const open = (this.#open ??= await this.#start());
    await this.#flush(open);
    if (line.length > BLOCK_BYTES) await write(open, line);
    return this.#note(open, line);
  }

  async #start(): Promise<OpenFile> {
    const {folder, stem, first} = this.options;
    const number = String(first + this.#finished.length).padStart(NUMBER_DIGITS, '0');
    const name = `${stem}-${number}.jsonl`;
    const file = await this.createFile(join(folder, name));
    return {name, file, hash: createHash('sha256'), requests: 0, sizeBytes: 0};
  }

  async #finish(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await this.#flush(open);
    await open.file.finish();
    this.#open = undefined;
    const {name, requests, sizeBytes, hash, file} = open;
    this.#finished.push({
      file,
      facts: {file: name, requests, size_bytes: sizeBytes, sha256: hash.digest('hex')},
    });
  }

  async #flush(open: OpenFile): Promise<void> {
    await write(open, this.#block.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

async function write({file, hash}: OpenFile, bytes: Uint8Array): Promise<void> {
  hash.update(bytes);
  await file.append(bytes);
}
