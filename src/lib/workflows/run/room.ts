import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal} from '../../domain/job/job-state.js';
import type {StoreSnapshot} from '../../store/job-store.js';

/** Bytes of a request file that count as one token when tokens were not counted: about right for text. */
const TOKEN_BYTES = 4;
/** The service deletes uploads after this time: https://ai.google.dev/gemini-api/docs/files. */
const UPLOAD_LIFE_MS = 48 * 3_600_000;

/** What is open at the service, according to the job-info file. */
export interface OpenWork {
  readonly jobs: number;
  /** Of the model that is submitted to. */
  readonly tokens: number;
  /** Of request files that the service still keeps. */
  readonly uploadedBytes: number;
}

/** The limits of what may be open; `slots` is how many more jobs. */
export interface RoomLimits {
  readonly slots: number;
  /** Null for no limit. */
  readonly maxOpenTokens: number | null;
  readonly maxUploadedBytes: number;
}

/** What has run short. */
export type ShortOf = 'open_jobs' | 'open_tokens' | 'storage';

/** Room for more batch jobs: it gets less with each that is taken. */
export class Room {
  readonly #limits: RoomLimits;
  #slots: number;
  #tokens: number;
  #uploadedBytes: number;

  constructor(open: OpenWork, limits: RoomLimits) {
    this.#limits = limits;
    this.#slots = limits.slots;
    this.#tokens = open.tokens;
    this.#uploadedBytes = open.uploadedBytes;
  }

  /**
   * Takes room for the job of one request file.
   *
   * @param uploadedBytes - how many of its bytes are uploaded: none of what is in a bucket already.
   * @returns what there is too little of; undefined when it has its room.
   */
  take(sizeBytes: number, uploadedBytes = sizeBytes): ShortOf | undefined {
    const {maxOpenTokens, maxUploadedBytes} = this.#limits;
    const tokens = tokensOf(sizeBytes);
    if (this.#slots <= 0) return 'open_jobs';
    // A single request may be larger than the limit: it goes alone, or it would wait for ever.
    const isTooMuch = maxOpenTokens !== null && this.#tokens + tokens > maxOpenTokens;
    if (isTooMuch && this.#tokens > 0) return 'open_tokens';
    if (this.#uploadedBytes + uploadedBytes > maxUploadedBytes) return 'storage';
    this.#slots -= 1;
    this.#tokens += tokens;
    this.#uploadedBytes += uploadedBytes;
    return undefined;
  }
}

/** Why a file has to wait; the run comes back to it. */
export function noRoomError(name: string, shortOf: ShortOf): GembatchError {
  const what = {open_jobs: 'open batch jobs', open_tokens: 'open tokens', storage: 'uploaded files'}[shortOf];
  return new GembatchError('QUOTA', `${name} waits: there is no room for more ${what}.`);
}

/**
 * What is open at the service: jobs that are not over, recorded by any run, and creates whose outcome is still unknown.
 *
 * @param model - resource name, `models/<id>`; undefined until it was looked up.
 */
export function openWorkOf(
  {records, openIntents}: StoreSnapshot,
  model: string | undefined,
  nowMs: number,
): OpenWork {
  let [jobs, tokens, uploadedBytes] = [openIntents.length, 0, 0];
  for (const {size_bytes: sizeBytes, model: its, object} of openIntents) {
    if (its === model) tokens += tokensOf(sizeBytes);
    if (object === undefined) uploadedBytes += sizeBytes;
  }
  for (const {record} of records) {
    const {size_bytes: sizeBytes = 0, batch, requested_model: requested} = record;
    if (isOpen(record)) {
      jobs += 1;
      if (model !== undefined && [batch.model, requested].includes(model)) tokens += tokensOf(sizeBytes);
    }
    if (hasUpload(record, nowMs)) uploadedBytes += sizeBytes;
  }
  return {jobs, tokens, uploadedBytes};
}

/** Whether the service may be working on the job. */
export function isOpen({batch, lost_at: lostAt, not_seen: missed}: JobRecord): boolean {
  return !isTerminal(batch.state) && lostAt === undefined && missed?.given_up_at === undefined;
}

function hasUpload(
  {object, remote_deleted_at: deletedAt, submitted_at: at}: JobRecord,
  nowMs: number,
): boolean {
  return (
    object === undefined &&
    deletedAt === undefined &&
    at !== undefined &&
    nowMs - Date.parse(at) < UPLOAD_LIFE_MS
  );
}

/** The bytes of a request file that count as these tokens. */
export function bytesOfTokens(tokens: number): number {
  return tokens * TOKEN_BYTES;
}

function tokensOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / TOKEN_BYTES);
}
