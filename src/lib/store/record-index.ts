import type {JobRecord} from '../domain/job-record.js';
import type {StoredRecord} from './stored-record.js';

/** Records with the ways to find one among 100,000: by input, and by content and model. */
export class RecordIndex {
  readonly #records: StoredRecord[];
  #byInput: Map<string, StoredRecord[]> | undefined;
  #byContent: Map<string, StoredRecord[]> | undefined;

  constructor(records: Iterable<StoredRecord>) {
    this.#records = [...records];
  }

  /** All of them; grows with `add`. */
  get records(): readonly StoredRecord[] {
    return this.#records;
  }

  add(record: JobRecord): void {
    const stored = {record, line: null};
    this.#records.push(stored);
    if (this.#byInput) addTo(this.#byInput, inputKey(record), stored);
    if (this.#byContent) addTo(this.#byContent, contentKey(record), stored);
  }

  findByInput(inputFile: string): readonly StoredRecord[] {
    this.#byInput ??= grouped(this.#records, inputKey);
    return this.#byInput.get(inputFile) ?? [];
  }

  findByContent(sha256: string, model: string): readonly StoredRecord[] {
    this.#byContent ??= grouped(this.#records, contentKey);
    return this.#byContent.get(`${sha256} ${model}`) ?? [];
  }
}

type Key = (record: JobRecord) => string | null;

function inputKey(record: JobRecord): string {
  return record.input_file;
}

/** Null for records of tools that note no fingerprint. */
function contentKey({sha256, batch}: JobRecord): string | null {
  return sha256 === undefined || batch.model === undefined ? null : `${sha256} ${batch.model}`;
}

function grouped(records: readonly StoredRecord[], key: Key): Map<string, StoredRecord[]> {
  const groups = new Map<string, StoredRecord[]>();
  for (const stored of records) addTo(groups, key(stored.record), stored);
  return groups;
}

function addTo(groups: Map<string, StoredRecord[]>, key: string | null, stored: StoredRecord): void {
  if (key === null) return;
  const group = groups.get(key);
  if (group) group.push(stored);
  else groups.set(key, [stored]);
}
