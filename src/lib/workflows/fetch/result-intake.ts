import {serviceOfJob} from '../../domain/service/service-of.js';
import {createHash} from 'node:crypto';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobRecord, JobUsage, RowCounts} from '../../domain/job/job-record.js';
import {pricedDay} from '../../domain/price/record-cost.js';
import {UsageSum} from '../../domain/price/usage-sum.js';
import {ResultChecker} from '../../domain/result/result-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {readRequestKeys, type RequestKeys, type RequestsState} from '../request-file/read-request-keys.js';
import {countIdentical} from './count-identical.js';

/** What is known of a result file that has been read whole. */
export interface ReadResult {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly rows: RowCounts;
  /** What the rows used and cost. */
  readonly usage: JobUsage;
  /** Requests of the job; null when unknown. */
  readonly requests: number | null;
  /** Lines of the file that are result rows, whatever request they are for, without copies. */
  readonly resultRows: number;
  /** Whether there is a row for every request. */
  readonly isComplete: boolean;
  readonly requestsState: RequestsState;
  /** What could not be checked and why, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Counts, hashes and checks the bytes of a result file as they pass, so that nothing is read twice and memory stays flat
 * however large the file is.
 */
export class ResultIntake {
  readonly #requests: RequestKeys;
  readonly #checker: ResultChecker;
  readonly #usage: UsageSum;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  private constructor(requests: RequestKeys, usage: UsageSum) {
    this.#requests = requests;
    this.#usage = usage;
    this.#checker = new ResultChecker(requests, {
      onRow: (bytes, row, used) => usage.addRow(bytes, row, used),
      onTooLong: () => usage.addUnreadRow(),
    });
  }

  /** @param checksAnswers - whether answers are checked against what their requests ask for; true when absent. */
  static async open(
    {store, clock, prices}: Pick<PollDeps, 'store' | 'clock' | 'prices'>,
    record: JobRecord,
    checksAnswers = true,
  ): Promise<ResultIntake> {
    const usage = new UsageSum({
      prices,
      service: serviceOfJob(record.batch.name),
      day: pricedDay(record) ?? new Date(clock.now()).toISOString().slice(0, 10),
      model: record.requested_model ?? record.batch.model,
    });
    return new ResultIntake(await requestKeysOf(store, record, checksAnswers), usage);
  }

  /** How many requests there are; null when unknown. */
  get requests(): number | null {
    return this.#requests.count;
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#checker.push(chunk);
    this.#hash.update(chunk);
    this.#sizeBytes += chunk.length;
  }

  /** @param path - where all the bytes are; it is read again where keys repeat. */
  async finish(path: string): Promise<ReadResult> {
    const {counts, rows, answered, repeatedKeys} = this.#checker.finish();
    let copies = 0;
    const identical = await countIdentical(path, repeatedKeys, (bytes, row) => {
      copies += 1;
      this.#usage.removeRow(bytes, row);
    });
    const {count, state, notes} = this.#requests;
    return {
      sizeBytes: this.#sizeBytes,
      sha256: this.#hash.digest('hex'),
      rows: {...counts, repeated: counts.repeated - identical},
      usage: this.#usage.finish(),
      requests: count,
      resultRows: rows - counts.malformed - copies,
      isComplete: count === answered && counts.malformed === 0,
      requestsState: state,
      notes,
    };
  }
}

/** A request file that cannot be read is no reason to leave the results at the service. */
async function requestKeysOf(
  store: PollDeps['store'],
  record: JobRecord,
  checksAnswers: boolean,
): Promise<RequestKeys> {
  const requestPath = store.resolveInput(record.input_file);
  const {sha256 = null, batch, count} = record;
  // Requests that stay in a bucket are counted by the service alone.
  const counted = isCloudAddress(record.input_file) ? batch.stats?.request_count : undefined;
  const recorded = {requestSha256: sha256, expectedCount: count ?? counted ?? null, checksAnswers};
  try {
    return await readRequestKeys({...recorded, requestPath});
  } catch (error) {
    const without = await readRequestKeys({...recorded, requestPath: null});
    const why = error instanceof Error ? error.message : String(error);
    return {...without, notes: [...without.notes, `${requestPath} cannot be read: ${why}`]};
  }
}
