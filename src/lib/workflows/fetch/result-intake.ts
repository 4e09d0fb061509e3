import {serviceOfJob} from '../../domain/service/service-of.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobRecord, JobUsage, RowCounts} from '../../domain/job/job-record.js';
import {pricedDay} from '../../domain/price/record-cost.js';
import {UsageSum, type AccountTerms} from '../../domain/price/usage-sum.js';
import {ResultChecker} from '../../domain/result/result-file.js';
import type {PollDeps} from '../poll/poll-run.js';
import {
  readRequestKeys,
  type RecordedRequests,
  type RequestKeys,
  type RequestsState,
} from '../request-file/read-request-keys.js';
import {countIdentical} from './count-identical.js';

/** What is known of a result file that has been read whole. */
export interface ReadResult extends CheckedRows {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What is known of the rows of a result file. */
export interface CheckedRows {
  readonly rows: RowCounts;
  /** What the rows used and cost. */
  readonly usage: JobUsage;
  /** Requests of the job; null when unknown. */
  readonly requests: number | null;
  /** Lines of the file that are result rows, whatever request they are for, without copies. */
  readonly resultRows: number;
  /** Of these, rows for requests of this job; all of them unless its request keys are known for sure. */
  readonly ownRows: number;
  /** Whether there is a row for every request. */
  readonly isComplete: boolean;
  readonly requestsState: RequestsState;
  /** What could not be checked and why, one sentence each. */
  readonly notes: readonly string[];
}

/** What a result file is checked against, and by which its rows are priced. */
export interface IntakeTerms {
  readonly requests: RecordedRequests;
  readonly account: AccountTerms;
}

/** @param checksAnswers - whether answers are checked against what their requests ask for. */
export function intakeTerms(
  {store, clock, prices}: Pick<PollDeps, 'store' | 'clock' | 'prices'>,
  record: JobRecord,
  checksAnswers: boolean,
): IntakeTerms {
  const {sha256 = null, batch, count, input_file: input} = record;
  // Requests that stay in a bucket are counted by the service alone.
  const counted = isCloudAddress(input) ? batch.stats?.request_count : undefined;
  return {
    requests: {
      requestPath: store.resolveInput(input),
      requestSha256: sha256,
      expectedCount: count ?? counted ?? null,
      checksAnswers,
    },
    account: {
      prices,
      service: serviceOfJob(batch.name),
      day: pricedDay(record) ?? new Date(clock.now()).toISOString().slice(0, 10),
      model: record.requested_model ?? batch.model,
    },
  };
}

/**
 * Counts and checks the rows of a result file as its bytes pass, so that nothing is read twice and memory stays flat
 * however large the file is.
 */
export class ResultIntake {
  readonly #requests: RequestKeys;
  readonly #checker: ResultChecker;
  readonly #usage: UsageSum;

  private constructor(requests: RequestKeys, usage: UsageSum) {
    this.#requests = requests;
    this.#usage = usage;
    this.#checker = new ResultChecker(requests, {
      onRow: (bytes, row, used) => usage.addRow(bytes, row, used),
      onTooLong: () => usage.addUnreadRow(),
    });
  }

  static async open({requests, account}: IntakeTerms): Promise<ResultIntake> {
    return new ResultIntake(await requestKeysOf(requests), new UsageSum(account));
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#checker.push(chunk);
  }

  /** @param path - where all the bytes are; it is read again where keys repeat. */
  async finish(path: string): Promise<CheckedRows> {
    const {counts, rows, answered, repeatedKeys} = this.#checker.finish();
    let copies = 0;
    const identical = await countIdentical(path, repeatedKeys, (bytes, row) => {
      copies += 1;
      this.#usage.removeRow(bytes, row);
    });
    const {count, state, isSure, notes} = this.#requests;
    const resultRows = rows - counts.malformed - copies;
    return {
      rows: {...counts, repeated: counts.repeated - identical},
      usage: this.#usage.finish(),
      requests: count,
      resultRows,
      ownRows: isSure ? resultRows - counts.unknown_key : resultRows,
      isComplete: count === answered && counts.malformed === 0,
      requestsState: state,
      notes,
    };
  }
}

/** A request file that cannot be read is no reason to leave the results at the service. */
async function requestKeysOf(recorded: RecordedRequests): Promise<RequestKeys> {
  try {
    return await readRequestKeys(recorded);
  } catch (error) {
    const without = await readRequestKeys({...recorded, requestPath: null});
    const why = error instanceof Error ? error.message : String(error);
    return {...without, notes: [...without.notes, `${recorded.requestPath} cannot be read: ${why}`]};
  }
}
