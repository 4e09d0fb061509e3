import type {JobRecord} from '../domain/job-record.js';
import type {StoredRecord} from './stored-record.js';

/** Records with the ways to find one among 100,000: by input, and by content and model. */
export class RecordIndex {
  readonly #records: StoredRecord[];
  #byInput: Groups | undefined;
  #byContent: Groups | undefined;

  constructor(records: StoredRecord[]) {
    this.#records = records;
  }

  /** All of them; grows with `add`. */
  get records(): readonly StoredRecord[] {
    return this.#records;
  }

  add(record: JobRecord): void {
    const stored = {record, line: null};
    this.#records.push(stored);
    this.#byInput?.add(stored);
    this.#byContent?.add(stored);
  }

  findByInput(inputFile: string): readonly StoredRecord[] {
    this.#byInput ??= new Groups(({input_file: name}) => name, this.#records);
    return this.#byInput.get(inputFile);
  }

  findByContent(sha256: string, model: string): readonly StoredRecord[] {
    this.#byContent ??= new Groups(({sha256: fingerprint}) => fingerprint, this.#records);
    return this.#byContent.get(sha256).filter(({record}) => record.batch.model === model);
  }
}

/** Records by a key that is nearly always unique: only where it is not is there a list. */
class Groups {
  readonly #keyOf: (record: JobRecord) => string | undefined;
  readonly #first = new Map<string, StoredRecord>();
  readonly #others = new Map<string, StoredRecord[]>();

  constructor(keyOf: (record: JobRecord) => string | undefined, records: readonly StoredRecord[]) {
    this.#keyOf = keyOf;
    for (const stored of records) this.add(stored);
  }

  add(stored: StoredRecord): void {
    const key = this.#keyOf(stored.record);
    if (key === undefined) return;
    if (!this.#first.has(key)) this.#first.set(key, stored);
    else this.#others.set(key, [...(this.#others.get(key) ?? []), stored]);
  }

  get(key: string): readonly StoredRecord[] {
    const first = this.#first.get(key);
    return first ? [first, ...(this.#others.get(key) ?? [])] : [];
  }
}
