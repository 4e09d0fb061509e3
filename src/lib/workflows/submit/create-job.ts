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
import {backoffMs} from '../../domain/backoff.js';
import {submittedObject} from '../../domain/bucket/bucket-input.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {jobDisplayName} from '../../domain/job/display-name.js';
import {newAttempt} from '../../domain/job/new-attempt.js';
import {placeOfJobs} from '../../domain/bucket/results-place.js';
import {GembatchError} from '../../domain/errors.js';
import {SERVICE_LIMITS} from '../../domain/service/service-of.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {Session} from '../../store/job-store.js';
import type {CreateBatchRequest} from '../../services/batch-service.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {answersTo} from '../reconcile/created-jobs.js';
import {isRetryFile} from '../reconcile/parent-of-retry.js';
import {recordOf, reconcileIntents, type ReconciledIntent} from '../reconcile/reconcile-intents.js';
import type {Inspection} from '../request-file/inspect-file.js';
import type {RequestFile} from './collect-inputs.js';
import type {SubmitRun} from './submit-run.js';

/** A request file that the service has, ready for its create. */
export interface UploadedFile {
  readonly file: RequestFile;
  readonly inspection: Inspection;
  /** Absent when it could not be estimated. */
  readonly estimate?: FileEstimate;
  /** `files/<id>`; of what is in a bucket already its address. */
  readonly uploadName: string;
  /** By the monotonic clock. */
  readonly uploadedMs: number;
  /** Collects warnings about the file. */
  readonly warnings: string[];
}

/** What came of the create: a recorded job, a known failure, an unknown outcome, or no create at all. */
export type CreateResult =
  | {readonly kind: 'created'; readonly record: JobRecord}
  /** `keepsUpload`: the journal may hold the intent, and only the upload proves later that no job came of it. */
  | {readonly kind: 'refused'; readonly error: GembatchError; readonly keepsUpload?: boolean}
  | {readonly kind: 'unclear'; readonly error: GembatchError; readonly batch?: BatchJob}
  | {readonly kind: 'stopped'};

/** How long creates that provably never left this machine are tried again, in milliseconds. */
const UNSENT_RETRY_BUDGET_MS = 300_000;
const UNSENT_PAUSES = {firstMs: 2_000, longestMs: 60_000};

const LOST_ANSWER = 'the answer to the create was lost; looking for its batch job, nothing is sent again';

/**
 * Creates the batch job of an uploaded request file and records it.
 *
 * When it returns `created`, the job is durable on disk; with `refused` and `stopped` no job exists; with `unclear`
 * the intent stays in the journal.
 */
export async function createJob(
  run: SubmitRun,
  session: Session,
  uploaded: UploadedFile,
): Promise<CreateResult> {
  const {creates} = run.limits;
  const unsent = new UnsentRetries(run.clock.monotonic());
  for (;;) {
    const {index} = uploaded.file;
    run.report({type: 'phase', index, phase: creates.isRefusing ? 'waiting' : 'creating'});
    const release = await creates.turn(run.halt.signal);
    if (release === undefined)
      return creates.exhausted ? {kind: 'refused', error: creates.exhausted} : {kind: 'stopped'};
    // Said again, because the file may have waited for its turn.
    run.report({type: 'phase', index, phase: 'creating'});

    const intent = intentFor(run, uploaded);
    let answer: BatchJob | GembatchError;
    try {
      session.intend(intent);
      answer = await run.client.createBatch(requestOf(run, intent)).catch(knownError);
      if (!(answer instanceof GembatchError) && isOwn(run, intent, answer))
        return record(run, session, {intent, batch: answer});
      if (answer instanceof GembatchError && answer.code !== 'UNCLEAR')
        session.abort(intent.attempt, answer.code);
    } catch (error) {
      // The journal could not be written: nothing was sent, or the service has refused.
      return {kind: 'refused', error: knownError(error), keepsUpload: true};
    } finally {
      release();
    }
    // Without a turn, so that other creates go on meanwhile.
    if (!(answer instanceof GembatchError) || answer.code === 'UNCLEAR')
      return lookUp(run, session, {uploaded, intent});
    if (!(await waitToTryAgain(run, uploaded, {refusal: answer, unsent})))
      return {kind: 'refused', error: answer};
  }
}

/** @returns whether a create that had no effect may be sent again now, after the pause that is due. */
async function waitToTryAgain(
  run: SubmitRun,
  {file: {index}}: UploadedFile,
  {refusal, unsent}: {refusal: GembatchError; unsent: UnsentRetries},
): Promise<boolean> {
  const reason = refusal.message;
  if (refusal.code === 'QUOTA') {
    const next = run.limits.creates.refused(refusal);
    if (next.mayTryAgain && next.isNews)
      run.report({type: 'quota', reason, delayMs: next.pauseMs, leftMs: next.leftMs});
    return next.mayTryAgain;
  }
  const delayMs = wasNeverSent(refusal) ? unsent.next(run.clock.monotonic()) : undefined;
  if (delayMs === undefined) return false;
  run.report({type: 'wait', index, reason, delayMs});
  await run.clock.sleep(delayMs, run.halt.signal);
  return true;
}

/** Whether the answer to a create is its own: a record that another job has must not be written over. */
function isOwn({known}: SubmitRun, intent: Intent, batch: BatchJob): boolean {
  return answersTo(intent, batch) === 'yes' && !known.hasJob(batch.name);
}

/** Whether the error proves that the create never reached the network. */
function wasNeverSent(error: GembatchError): boolean {
  return error.details['sent'] === false;
}

/** The pauses before creates that provably never left this machine are tried again; five minutes altogether. */
class UnsentRetries {
  readonly #untilMs: number;
  #pauses = 0;

  constructor(nowMs: number) {
    this.#untilMs = nowMs + UNSENT_RETRY_BUDGET_MS;
  }

  /** The next pause in milliseconds; undefined when it has lasted too long. */
  next(nowMs: number): number | undefined {
    if (nowMs >= this.#untilMs) return undefined;
    const pauseMs = backoffMs(UNSENT_PAUSES, this.#pauses);
    this.#pauses += 1;
    return pauseMs;
  }
}

/** @throws whatever is not an error of ours. */
function knownError(error: unknown): GembatchError {
  if (error instanceof GembatchError) return error;
  throw error;
}

function requestOf({options}: SubmitRun, intent: Intent): CreateBatchRequest {
  return {
    model: intent.model,
    fileName: intent.uploaded_file_name,
    ...(intent.object === undefined ? {} : {inputSha256: intent.sha256}),
    displayName: intent.display_name,
    ...(intent.results_left === undefined
      ? {}
      : {resultsPlace: intent.results_left.slice(0, -`${intent.attempt}/`.length)}),
    ...(options.webhookUri === undefined ? {} : {webhookUri: options.webhookUri}),
  };
}

function intentFor(run: SubmitRun, {file, inspection, estimate, uploadName}: UploadedFile): Intent {
  const attempt = newAttempt();
  const place = placeFor(run, file);
  const {
    location,
    services: [service],
  } = run.client;
  return {
    attempt,
    input_file: file.inputFile,
    count: inspection.count,
    uploaded_file_name: uploadName,
    model: run.model,
    display_name: jobDisplayName(
      file.inputFile,
      inspection.sha256,
      attempt,
      SERVICE_LIMITS[service].maxNameLength,
    ),
    sha256: inspection.sha256,
    size_bytes: inspection.size_bytes,
    ...(file.object === undefined ? {} : {object: submittedObject(file.object)}),
    // The clock of this machine may be set before the age of the intent matters.
    intended_at: new Date(run.client.serviceTime() ?? run.clock.now()).toISOString(),
    ...(file.retryOf === undefined ? {} : {retry_of: file.retryOf}),
    ...(file.partOf === undefined ? {} : {part_of: file.partOf}),
    ...(estimate === undefined ? {} : {estimate: run.estimator.jobEstimate(estimate)}),
    ...(run.client.address === undefined ? {} : {service_url: run.client.address}),
    ...(service === 'vertex' && location !== undefined ? {service_location: location} : {}),
    ...(place === undefined ? {} : {results_left: `${place}${attempt}/`}),
  };
}

/** Where the results of a file are left; undefined when they are fetched, as those of rows that are sent again always are. */
function placeFor({options}: SubmitRun, {inputFile, retryOf, object}: RequestFile): string | undefined {
  if (retryOf !== undefined && isRetryFile(inputFile)) return undefined;
  if (options.resultsPlace !== undefined) return placeOfJobs(options.resultsPlace, inputFile);
  return object === undefined ? undefined : options.objectResultsPlace;
}

function record(
  run: SubmitRun,
  session: Session,
  {intent, batch}: {intent: Intent; batch: BatchJob},
): CreateResult {
  run.limits.creates.succeeded();
  const jobRecord = recordOf(intent, batch, new Date(run.clock.now()).toISOString());
  try {
    session.done(intent.attempt, jobRecord);
  } catch (error) {
    return {kind: 'unclear', error: knownError(error), batch};
  }
  return {kind: 'created', record: jobRecord};
}

/** Finds out what came of a create whose answer was lost. */
async function lookUp(
  run: SubmitRun,
  session: Session,
  {uploaded: {file}, intent}: {uploaded: UploadedFile; intent: Intent},
): Promise<CreateResult> {
  run.report({type: 'phase', index: file.index, phase: 'reconciling'});
  let found: ReconciledIntent | undefined;
  try {
    [found] = await reconcileIntents(run, session, [intent], {
      graceMs: run.options.createGraceMs,
      graceFrom: 'now',
      stop: run.halt.signal,
      onWait: ({delayMs}) => run.report({type: 'wait', index: file.index, reason: LOST_ANSWER, delayMs}),
    });
  } catch (error) {
    // The journal or the job-info file could not be written, which says nothing about the job.
    return {kind: 'unclear', error: knownError(error)};
  }
  if (found?.record) {
    run.limits.creates.succeeded();
    return {kind: 'created', record: found.record};
  }
  if (found?.result.outcome === 'aborted') return {kind: 'refused', error: notCreatedError(file)};
  return {kind: 'unclear', error: unclearError(file, found?.error)};
}

function notCreatedError(file: RequestFile): GembatchError {
  return new GembatchError(
    'SERVICE',
    `${file.inputFile}: the service did not reply, and no batch job was created. Nothing was paid.`,
  );
}

function unclearError(file: RequestFile, cause: GembatchError | undefined): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    cause?.message ??
      `${file.inputFile}: unclear whether its batch job exists; the journal keeps it for the next run.`,
    cause === undefined ? {} : {suggestions: cause.code === 'UNCLEAR' ? cause.suggestions : [], cause},
  );
}
