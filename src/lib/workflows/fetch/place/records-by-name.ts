import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import type {JobRecord} from '../../../domain/job/job-record.js';

/**
 * All records, found by the last name of their request file and of their results: each of 10,000 results looks for whatever
 * else may go to its place. What is brought up to date costs no more than the records that have changed.
 */
export class RecordsByName {
  #records: readonly JobRecord[] = [];
  #inputs = new PositionsByName();
  #results = new PositionsByName();
  /** Where the first record of each batch job is. */
  #positions = new Map<string, number>();

  /** @param records - all of them, in the order of the job-info file. */
  constructor(records: readonly JobRecord[] = []) {
    this.update(records);
  }

  /** Takes the records as they are now; one that is the same object is as it was. */
  update(records: readonly JobRecord[]): this {
    if (records === this.#records) return this;
    const isOther = ({input_file: file, batch}: JobRecord, next: JobRecord | undefined): boolean =>
      next?.batch.name !== batch.name || next.input_file !== file;
    if (this.#records.some((record, at) => record !== records[at] && isOther(record, records[at])))
      this.#clear();
    const known = this.#records;
    records.forEach((record, at) => {
      if (record !== known[at]) this.#note(record, at, known[at]);
    });
    this.#records = records;
    return this;
  }

  /** Records of other jobs whose results may be under one of these names. */
  withResults({batch}: JobRecord, names: ReadonlySet<string>): readonly JobRecord[] {
    return this.#at(this.#results.of(names)).filter((other) => other.batch.name !== batch.name);
  }

  /** The first record of a batch job. */
  get(name: string): JobRecord | undefined {
    const at = this.#positions.get(name);
    return at === undefined ? undefined : this.#records[at];
  }

  /** Records, in their order, whose request file may be this one, and of its parts those of the first ones. */
  withInput(file: string): readonly JobRecord[] {
    return this.#at(this.#inputs.of(new Set([lastName(file)])).toSorted((a, b) => a - b));
  }

  /** Records before that of a job whose request file may have one of these names. */
  before({batch}: JobRecord, names: ReadonlySet<string>): readonly JobRecord[] {
    const own = this.#positions.get(batch.name) ?? 0;
    return this.#at(this.#inputs.of(names).filter((at) => at < own));
  }

  #note(
    {input_file: file, batch, results, part_of: part}: JobRecord,
    at: number,
    known: JobRecord | undefined,
  ): void {
    if (known === undefined) {
      this.#inputs.add(file, at);
      if (part?.index === 1) this.#inputs.add(part.input_file, at);
      if (!this.#positions.has(batch.name)) this.#positions.set(batch.name, at);
    }
    if (known?.results?.file === results?.file) return;
    if (known?.results !== undefined) this.#results.remove(known.results.file, at);
    if (results !== undefined) this.#results.add(results.file, at);
  }

  #clear(): void {
    this.#records = [];
    this.#inputs = new PositionsByName();
    this.#results = new PositionsByName();
    this.#positions = new Map();
  }

  #at(positions: readonly number[]): readonly JobRecord[] {
    return positions.flatMap((at) => this.#records[at] ?? []);
  }
}

/** Positions of paths by their last name; those of unusual paths may have any. */
class PositionsByName {
  readonly #ordinary = new Map<string, readonly number[]>();
  readonly #unusual = new Set<number>();

  add(path: string, at: number): void {
    if (isUnusual(path)) this.#unusual.add(at);
    else this.#ordinary.set(lastName(path), [...(this.#ordinary.get(lastName(path)) ?? []), at]);
  }

  remove(path: string, at: number): void {
    this.#unusual.delete(at);
    const left = (this.#ordinary.get(lastName(path)) ?? []).filter((other) => other !== at);
    if (left.length > 0) this.#ordinary.set(lastName(path), left);
    else this.#ordinary.delete(lastName(path));
  }

  of(names: ReadonlySet<string>): readonly number[] {
    return [...this.#unusual, ...[...names].flatMap((name) => this.#ordinary.get(name) ?? [])];
  }
}

/** Two names that this makes one are names of one file on many file systems (macOS, Windows, exFAT). */
export function caseFolded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** A path outside of the folder, or one that has to be made plain before its last name is known. */
function isUnusual(path: string): boolean {
  const plain = isCloudAddress(path) ? path.slice('gs://'.length) : path;
  return /^\/|[\\:]|(?:^|\/)\.{0,2}(?:\/|$)/u.test(plain);
}

function lastName(path: string): string {
  return caseFolded(path.slice(path.lastIndexOf('/') + 1));
}
