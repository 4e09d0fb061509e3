import {rm} from 'node:fs/promises';
import type {EmulatorClock} from '../control/clock.js';
import {isAlive, type NewFile, type StoredFile} from './stored-file.js';

/** The files that the emulated service has, by name. */
export class FileStore {
  readonly #clock: EmulatorClock;
  readonly #files = new Map<string, StoredFile>();
  /** Files that jobs are reading; their content outlives their name. */
  readonly #readers = new Map<StoredFile, number>();
  #nextNumber = 1;

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  add(newFile: NewFile): StoredFile {
    const file = {...newFile, number: this.#nextNumber++};
    this.#files.set(file.name, file);
    return file;
  }

  /** A file that is there and has not expired. */
  get(name: string): StoredFile | undefined {
    const file = this.#files.get(name);
    return file !== undefined && isAlive(file, this.#clock.now()) ? file : undefined;
  }

  /** What was uploaded and is still there, newest first. */
  uploaded(): readonly StoredFile[] {
    const nowMs = this.#clock.now();
    return [...this.#files.values()]
      .filter((file) => !file.isGenerated && file.object === undefined && isAlive(file, nowMs))
      .reverse();
  }

  /** The objects whose addresses begin like this, in the order of their addresses. */
  objects(prefix: string): readonly StoredFile[] {
    const nowMs = this.#clock.now();
    return [...this.#files.values()]
      .filter((file) => file.object !== undefined && file.name.startsWith(prefix) && isAlive(file, nowMs))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Puts an object in the place of the one that has its name. */
  async replace(newFile: NewFile): Promise<StoredFile> {
    const before = this.#files.get(newFile.name);
    if (before !== undefined) await this.delete(before);
    return this.add(newFile);
  }

  /** Bytes that count against the storage of the project: uploads do, results do not. */
  get storedBytes(): number {
    return this.uploaded().reduce((sum, {sizeBytes}) => sum + sizeBytes, 0);
  }

  async delete(file: StoredFile): Promise<void> {
    this.#files.delete(file.name);
    await this.#removeUnread(file);
  }

  /** Keeps the content of a file on disk until it is released. */
  hold(file: StoredFile): void {
    this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
  }

  async release(file: StoredFile): Promise<void> {
    const readers = (this.#readers.get(file) ?? 1) - 1;
    if (readers > 0) {
      this.#readers.set(file, readers);
      return;
    }
    this.#readers.delete(file);
    if (this.#files.get(file.name) !== file) await this.#removeUnread(file);
  }

  /** Forgets and removes all files. */
  async clear(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map((file) => this.#removeUnread(file)));
  }

  async #removeUnread(file: StoredFile): Promise<void> {
    if (file.made === undefined && !this.#readers.has(file)) await rm(file.path, {force: true});
  }
}
