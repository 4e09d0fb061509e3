import {isBlank, LineSplitter} from '../../../domain/json/line-splitter.js';
import {NumberList} from '../../../domain/prepare/number-list.js';
import {KeyScan} from '../../../domain/request-key/key-scan.js';
import {KeyTable} from '../../../domain/request-key/key-table.js';
import {readChunks} from '../../request-file/read-chunks.js';
import type {PreparedFolder} from './prepared-files.js';

/** Of the requests with one key that a source was prepared into, which is the newest: a row that has changed is asked again. */
export class NewestRequests {
  readonly #keys = new KeyTable();
  readonly #ages = new NumberList();

  private constructor(private readonly ages: PreparedFolder['ages']) {}

  /** @throws what the file system says when a request file cannot be read. */
  static async read({ages}: PreparedFolder): Promise<NewestRequests> {
    const newest = new NewestRequests(ages);
    // One file has each key once.
    if (new Set(ages.values()).size > 1) for (const [path, age] of ages) await newest.#readFile(path, age);
    return newest;
  }

  /** Whether a newer file of these asks for the same row. */
  isReplaced(path: string, key: string): boolean {
    return this.#ages.get(this.#keys.find(key)) > (this.ages.get(path) ?? 0);
  }

  async #readFile(path: string, age: number): Promise<void> {
    const scan = new KeyScan();
    const splitter = new LineSplitter((bytes, start, end) => {
      const key = isBlank(bytes, start, end) ? null : scan.keyOf(bytes, start, end);
      if (key === null) return;
      const index = this.#keys.add(key);
      this.#ages.set(index, Math.max(age, this.#ages.get(index)));
    });
    for await (const chunk of readChunks(path)) splitter.push(chunk);
    splitter.finish();
  }
}
