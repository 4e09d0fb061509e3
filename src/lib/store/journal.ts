/**
 * The write-ahead journal: one JSON line for each intent, each job that came of one, and each intent that came to
 * nothing. A line is durable before what it speaks of happens or is relied on. A line that cannot be read was never
 * finished, so nothing was done on the strength of it; it is passed over and left where it is.
 */
import type {Intent, JobRecord} from '../domain/job/job-record.js';
import {
  closing,
  orStorageError,
  readIfThere,
  removeIfThere,
  syncFolderOf,
  writeAll,
} from './file/file-steps.js';
import {parseRecord} from './record/record-line.js';
import type {FileIo} from './file/file-io.js';

/** Attempts by what the journal says of them. A job that came of an attempt outweighs an abort of the same. */
export interface JournalState {
  /** Whether the file exists. */
  readonly exists: boolean;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly done: ReadonlyMap<string, JobRecord>;
  readonly aborted: ReadonlySet<string>;
}

type Entry =
  | {readonly intent: Intent}
  | {readonly done: string; readonly record: JobRecord}
  | {readonly abort: string; readonly reason: string};

export class Journal {
  readonly #io: FileIo;
  readonly #path: string;
  #isFolderSynced = false;
  /** False until the file is known to end with a newline. */
  #endsWithLine = false;

  constructor(io: FileIo, path: string) {
    this.#io = io;
    this.#path = path;
  }

  /** @throws GembatchError STORAGE when the journal is there and cannot be read. */
  read(): JournalState {
    return orStorageError(`read the journal ${this.#path}`, () =>
      foldJournal(readIfThere(this.#io, this.#path)),
    );
  }

  /**
   * Adds a line. On return it is on the disk, and so is the name of the file.
   *
   * @throws GembatchError STORAGE; the line may then be there, in part or whole, or not at all.
   */
  append(entry: Entry): void {
    orStorageError(`write the journal ${this.#path}`, () => {
      const descriptor = this.#io.open(this.#path, 'a', 0o600);
      closing(this.#io, descriptor, () => {
        this.#write(descriptor, `${JSON.stringify(entry)}\n`);
      });
      if (!this.#isFolderSynced) syncFolderOf(this.#io, this.#path);
      this.#isFolderSynced = true;
    });
  }

  /** Removes the file, durably, once everything is in the job-info file. */
  remove(): void {
    orStorageError(`remove the journal ${this.#path}`, () => {
      // Another process may have put the job-info file in place and died before it made that durable.
      syncFolderOf(this.#io, this.#path);
      removeIfThere(this.#io, this.#path);
      syncFolderOf(this.#io, this.#path);
    });
    this.#isFolderSynced = false;
  }

  #write(descriptor: number, line: string): void {
    const isEmpty = this.#io.fstat(descriptor).size === 0n;
    // A torn line, of a process that died or of a write that failed, spoils only itself.
    const start = this.#endsWithLine || isEmpty ? '' : '\n';
    this.#endsWithLine = false;
    writeAll(this.#io, descriptor, Buffer.from(start + line));
    this.#io.fsync(descriptor);
    this.#endsWithLine = true;
  }
}

/** Reads the bytes of a journal; null when there is none. Any bytes are taken. */
export function foldJournal(bytes: Buffer | null): JournalState {
  const intents = new Map<string, Intent>();
  const done = new Map<string, JobRecord>();
  const aborted = new Set<string>();
  for (const line of bytes?.toString('utf8').split('\n') ?? []) {
    const entry = parseEntry(line);
    if (entry === null) continue;
    if ('intent' in entry) intents.set(entry.intent.attempt, entry.intent);
    else if ('done' in entry) done.set(entry.done, entry.record);
    else aborted.add(entry.abort);
  }
  return {exists: bytes !== null, intents, done, aborted};
}

function parseEntry(line: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const {intent, done, record, abort}: Record<string, unknown> = {...value};
  if (isIntent(intent)) return {intent};
  if (typeof abort === 'string') return {abort, reason: ''};
  const job = typeof done === 'string' ? parseRecord(record) : '';
  return typeof done === 'string' && typeof job !== 'string' ? {done, record: job} : null;
}

function isIntent(value: unknown): value is Intent {
  if (typeof value !== 'object' || value === null) return false;
  const intent: Partial<Record<keyof Intent, unknown>> = value;
  const texts = [
    intent.attempt,
    intent.input_file,
    intent.uploaded_file_name,
    intent.model,
    intent.display_name,
    intent.sha256,
    intent.intended_at,
  ];
  const {count, size_bytes: sizeBytes, service_location: location} = intent;
  return (
    texts.every((text) => typeof text === 'string') &&
    (count === null || typeof count === 'number') &&
    typeof sizeBytes === 'number' &&
    (location === undefined || typeof location === 'string')
  );
}
