/**
 * Turns one uploaded request file into one recorded batch job.
 *
 * Order, which the safety of money rests on:
 * 1. the intent is durable in the journal;
 * 2. `batches.create` is sent, once;
 * 3. the job is durable in the journal (`done`), or the refusal is (`abort`), or, where the answer is lost, the job
 *    is looked up until that is known.
 * Only a create that is known to have had no effect is followed by another, under an intent of its own.
 */
import type {BatchJob} from '../../domain/job/batch-job.js';
import {jobDisplayName, newAttempt} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import {recordOf, settleIntents, type Settlement} from '../reconcile/settle-intents.js';
import type {SubmitRun} from './submit-run.js';

/** A request file that the service has, ready for its create. */
export interface UploadedRequestFile {
  /** Number of the file in this run, for progress. */
  readonly index: number;
  /** Canonical path, as the record spells it. */
  readonly inputFile: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `files/<id>` */
  readonly uploadedFileName: string;
  /** The batch job that is retried. */
  readonly retryOf?: string;
}

/** What came of the create: a recorded job, a known failure, an unknown fate, or no create at all. */
export type CreateResult =
  | {readonly kind: 'created'; readonly record: JobRecord}
  | {readonly kind: 'refused'; readonly error: GembatchError}
  | {readonly kind: 'unclear'; readonly error: GembatchError; readonly batch?: BatchJob}
  | {readonly kind: 'stopped'};

/** How long creates that provably never left this machine are tried again, in milliseconds. */
const UNSENT_PATIENCE_MS = 300_000;
const UNSENT_FIRST_PAUSE_MS = 2_000;
const UNSENT_LONGEST_PAUSE_MS = 60_000;

/**
 * Creates the batch job of an uploaded request file and records it.
 *
 * When it returns `created`, the job is durable on disk; with `refused` and `stopped` no job exists; with `unclear`
 * the intent stays in the journal.
 */
export async function createJob(run: SubmitRun, file: UploadedRequestFile): Promise<CreateResult> {
  const unsentUntilMs = run.clock.monotonic() + UNSENT_PATIENCE_MS;
  for (let unsentPauseMs = UNSENT_FIRST_PAUSE_MS; ;) {
    run.report({type: 'phase', index: file.index, phase: 'creating'});
    const attempt = await run.gate.pass(() => attemptCreate(run, file), run.halt.signal);
    if (attempt === undefined)
      return run.gate.exhausted ? {kind: 'refused', error: run.gate.exhausted} : {kind: 'stopped'};
    // Outside of the gate, so that other creates go on meanwhile.
    if (attempt.kind === 'unanswered') return lookUp(run, file, attempt.intent);
    if (attempt.kind !== 'refused') return attempt;

    const {error} = attempt;
    if (error.code === 'QUOTA') {
      const refusal = run.gate.refused(error);
      if (!refusal.mayTryAgain) return attempt;
      run.report({type: 'wait', index: file.index, reason: error.message, delayMs: refusal.pauseMs});
    } else if (wasNeverSent(error) && run.clock.monotonic() < unsentUntilMs) {
      run.report({type: 'wait', index: file.index, reason: error.message, delayMs: unsentPauseMs});
      await run.clock.sleep(unsentPauseMs, run.halt.signal);
      unsentPauseMs = Math.min(unsentPauseMs * 2, UNSENT_LONGEST_PAUSE_MS);
    } else {
      return attempt;
    }
  }
}

/** Whether the error proves that the create never reached the network. */
function wasNeverSent(error: GembatchError): boolean {
  return error.details['sent'] === false;
}

/** What came of one create before anything is looked up. */
type Attempt = CreateResult | {readonly kind: 'unanswered'; readonly intent: Intent};

async function attemptCreate(run: SubmitRun, file: UploadedRequestFile): Promise<Attempt> {
  if (run.gate.exhausted) return {kind: 'refused', error: run.gate.exhausted};
  // Said again, because the file may have waited for its turn.
  run.report({type: 'phase', index: file.index, phase: 'creating'});
  const intent = intentFor(run, file);
  run.session.intend(intent);

  let batch: BatchJob;
  try {
    batch = await run.client.createBatch({
      model: intent.model,
      fileName: intent.uploaded_file_name,
      displayName: intent.display_name,
      ...(run.options.webhookUri === undefined ? {} : {webhookUri: run.options.webhookUri}),
    });
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    if (error.code === 'UNCLEAR') return {kind: 'unanswered', intent};
    run.session.abort(intent.attempt, error.code);
    return {kind: 'refused', error};
  }

  run.gate.succeeded();
  return record(run, intent, batch);
}

function intentFor(run: SubmitRun, file: UploadedRequestFile): Intent {
  const attempt = newAttempt();
  return {
    attempt,
    input_file: file.inputFile,
    count: file.count,
    uploaded_file_name: file.uploadedFileName,
    model: run.options.model,
    display_name: jobDisplayName(file.inputFile, file.sha256, attempt),
    sha256: file.sha256,
    size_bytes: file.sizeBytes,
    intended_at: new Date(run.clock.now()).toISOString(),
    ...(file.retryOf === undefined ? {} : {retry_of: file.retryOf}),
  };
}

function record(run: SubmitRun, intent: Intent, batch: BatchJob): CreateResult {
  const jobRecord = recordOf(intent, batch, new Date(run.clock.now()).toISOString());
  try {
    run.session.done(intent.attempt, jobRecord);
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return {kind: 'unclear', error, batch};
  }
  return {kind: 'created', record: jobRecord};
}

async function lookUp(run: SubmitRun, file: UploadedRequestFile, intent: Intent): Promise<CreateResult> {
  run.report({type: 'phase', index: file.index, phase: 'reconciling'});
  let settlement: Settlement | undefined;
  try {
    [settlement] = await settle(run, file, intent);
  } catch (error) {
    // The journal or the job-info file is in trouble; whether the job exists has nothing to do with that.
    if (!(error instanceof GembatchError)) throw error;
    return {kind: 'unclear', error};
  }
  if (settlement?.record) {
    run.gate.succeeded();
    return {kind: 'created', record: settlement.record};
  }
  if (settlement?.result.outcome === 'aborted') return {kind: 'refused', error: notCreatedError(file)};
  return {kind: 'unclear', error: unclearError(file, settlement?.error)};
}

function settle(run: SubmitRun, file: UploadedRequestFile, intent: Intent): Promise<readonly Settlement[]> {
  return settleIntents(run, run.session, [intent], {
    graceMs: run.options.createGraceMs,
    graceFrom: 'now',
    stop: run.halt.signal,
    onWait: ({delayMs}) =>
      run.report({
        type: 'wait',
        index: file.index,
        reason: 'the answer to the create was lost; looking for its batch job, nothing is sent again',
        delayMs,
      }),
  });
}

function notCreatedError(file: UploadedRequestFile): GembatchError {
  return new GembatchError(
    'SERVICE',
    `${file.inputFile}: the service did not answer the create, and no batch job came of it; nothing was paid.`,
  );
}

function unclearError(file: UploadedRequestFile, cause: GembatchError | undefined): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    cause?.message ??
      `${file.inputFile}: it is not known whether its batch job exists; the create is in the journal.`,
    cause === undefined ? {} : {suggestions: cause.code === 'UNCLEAR' ? cause.suggestions : [], cause},
  );
}
