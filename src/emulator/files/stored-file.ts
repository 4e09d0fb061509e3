import {createHash, type Hash} from 'node:crypto';
import {open, rm, type FileHandle} from 'node:fs/promises';
import {timestamp} from '../control/clock.js';
import type {MadeContent} from './made-content.js';

/** How long the service keeps uploaded files, https://ai.google.dev/gemini-api/docs/files. */
const LIFETIME_MS = 48 * 3_600_000;

/** Bytes that are written at once. */
const BLOCK_BYTES = 1024 * 1024;

/** A file that the emulated service has; its content is on disk, or made when it is read. */
export interface StoredFile {
  /** Grows with each file; decides the order of lists. */
  readonly number: number;
  /** `files/<id>` */
  readonly name: string;
  /** Empty for content that is made. */
  readonly path: string;
  readonly made?: MadeContent;
  readonly displayName: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** Non-empty lines. */
  readonly lineCount: number;
  readonly createdMs: number;
  readonly isGenerated: boolean;
  /** Of an object in Cloud Storage, whose name is its `gs://` address; it is kept until it is deleted. */
  readonly object?: ObjectFacts;
}

/** What Cloud Storage says of an object besides. */
export interface ObjectFacts {
  /** An int64 as text; another one for each content that the name has had. */
  readonly generation: string;
  metageneration?: number;
  metadata?: Readonly<Record<string, string>>;
  updatedMs?: number;
  /** When it can be seen, in milliseconds since the Unix epoch. */
  readonly visibleFromMs?: number;
}

/** Whether the service still has the file at this time. */
export function isAlive(file: StoredFile, nowMs: number): boolean {
  if (file.object !== undefined) return nowMs >= (file.object.visibleFromMs ?? 0);
  return file.isGenerated || nowMs < file.createdMs + LIFETIME_MS;
}

/** A file that is complete and not among the others yet. */
export type NewFile = Omit<StoredFile, 'number'>;

/** The file as the service describes it; the hash is the base64 of the hex digits. */
export function fileResource(file: StoredFile, hasWrongHash: boolean): unknown {
  const sha256 = hasWrongHash ? '0'.repeat(64) : file.sha256;
  return {
    name: file.name,
    displayName: file.displayName,
    mimeType: file.mimeType,
    sizeBytes: String(file.sizeBytes),
    createTime: timestamp(file.createdMs),
    updateTime: timestamp(file.createdMs),
    expirationTime: timestamp(file.createdMs + LIFETIME_MS),
    sha256Hash: Buffer.from(sha256).toString('base64'),
    uri: `https://generativelanguage.googleapis.com/v1beta/${file.name}`,
    state: 'ACTIVE',
    source: file.isGenerated ? 'GENERATED' : 'UPLOADED',
  };
}

/** A file that is being written: hashes and counts on the way. */
export class FileWriter {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #sizeBytes = 0;
  #lineCount = 0;
  #isLineEmpty = true;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<FileWriter> {
    return new FileWriter(path, await open(path, 'wx', 0o600));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds bytes, which must stay as they are from then on. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#countLines(bytes);
    this.#sizeBytes += bytes.length;
    this.#unwritten.push(bytes);
    this.#unwrittenBytes += bytes.length;
    if (this.#unwrittenBytes >= BLOCK_BYTES) await this.#flush();
  }

  async finish(): Promise<Pick<StoredFile, 'path' | 'sizeBytes' | 'sha256' | 'lineCount'>> {
    await this.#flush();
    await this.#handle.close();
    return {
      path: this.path,
      sizeBytes: this.#sizeBytes,
      sha256: this.#hash.digest('hex'),
      lineCount: this.#lineCount + (this.#isLineEmpty ? 0 : 1),
    };
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.path, {force: true});
  }

  /** Small pieces are written together: a call for each takes longer than all else that is done with them. */
  async #flush(): Promise<void> {
    const block = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    for (let at = 0; at < block.length;) at += (await this.#handle.write(block, at)).bytesWritten;
  }

  #countLines(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      if (!this.#isLineEmpty || hasContent(bytes, start, end)) this.#lineCount += 1;
      this.#isLineEmpty = true;
      start = end + 1;
    }
    if (hasContent(bytes, start, bytes.length)) this.#isLineEmpty = false;
  }
}

function hasContent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return true;
  }
  return false;
}
