import {itemError} from '../../domain/item-error.js';
import {uploadDisplayName} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import {abortError} from '../../domain/interruption.js';
import {uploadNotDeleted} from '../../domain/job/upload-not-deleted.js';
import {discardUpload} from '../cleanup/discard-remote.js';
import type {ReconciledIntent} from '../reconcile/reconcile-intents.js';
import type {Estimate} from '../estimate/estimate-files.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {checkBeforeSending, type CheckedFile, type FileWork} from './check/check-before-sending.js';
import {factsOf} from './check/check-file.js';
import {createJob, type CreateResult, type UploadedFile} from './create-job.js';
import {notStarted, withForcedAdvice, type OutcomeDraft} from './file-outcome.js';
import {jobOf} from './duplicates/same-work.js';
import {summarise} from './summarise.js';
import type {FileOutcome, SubmitEvent, SubmitResult} from './submit-report.js';
import type {RequestFile} from './collect-inputs.js';
import type {SubmitRun} from './submit-run.js';

/** Errors that every other file would meet too: no new file is begun, creates under way are finished. */
const FATAL_CODES: ReadonlySet<string> = new Set(['KEY_REFUSED', 'STORAGE', 'LOCK_LOST']);

/** Outcomes after which a job may cost money, so that the file keeps its share of the cost caps. */
const MAY_HAVE_JOB: ReadonlySet<string> = new Set(['submitted', 'unclear', 'would_submit']);

/** What lasts as long as a submission does. */
interface SubmissionLifetime {
  readonly startedMs: number;
  /** What the files that have no batch job yet will cost. */
  readonly estimate: Estimate | null | undefined;
  readonly reconciling: Promise<readonly ReconciledIntent[]>;
  /** Closes the session. */
  readonly finish: () => Promise<void>;
}

/** Shows a submission, and submits its files. */
export interface SubmissionView {
  report(event: SubmitEvent): void;
  /** Submits each file with `submitOne`. */
  submitEach(submission: Submission): Promise<void>;
}

/** An open submission: its files, and how one of them is submitted. */
export class Submission {
  readonly files: readonly RequestFile[];
  /** How many files there are, with those of other passes. */
  readonly total: number;
  /** How many files may be worked on at once; more only wait for each other. */
  readonly concurrency: number;
  /** Resource name of the model, `models/<id>`. */
  readonly model: string;
  readonly #run: SubmitRun;
  readonly #lifetime: SubmissionLifetime;
  readonly #outcomes = new Map<RequestFile, FileOutcome>();
  readonly #objects = new Map<RequestFile, FileEstimate | undefined>();

  constructor(run: SubmitRun, files: readonly RequestFile[], lifetime: SubmissionLifetime) {
    this.files = files;
    this.total = run.pass?.total ?? files.length;
    // Those that are checked ahead wait to be sent.
    this.concurrency = run.limits.sends.concurrency + run.limits.uploads.concurrency;
    this.model = run.model;
    this.#run = run;
    this.#lifetime = lifetime;
  }

  /** The error that ended it early; undefined when there was none. */
  get fatal(): GembatchError | undefined {
    return abortError(this.#run.halt.signal);
  }

  /** The refusal for lack of quota after which nothing more was sent. */
  get refusal(): GembatchError | undefined {
    return this.#run.limits.creates.exhausted;
  }

  /** The estimates of the objects in a bucket that would be submitted, and how many of them were not read. */
  get objectEstimates(): {readonly files: readonly FileEstimate[]; readonly unread: number} {
    const files = [...this.#objects.values()];
    const read = files.filter((estimate) => estimate !== undefined);
    return {files: read, unread: files.length - read.length};
  }

  /** Submits one request file, or says why not. Never rejects because of the file. */
  async submitOne(file: RequestFile): Promise<FileOutcome> {
    const run = this.#run;
    const work: FileWork = {file, startedMs: run.clock.monotonic(), warnings: [], content: undefined};
    try {
      const ready = await checkBeforeSending(run, work);
      if ('outcome' in ready) return this.#finish(work, ready);
      const outcome = await run.limits.sends(async () => {
        const uploaded = await upload(run, ready);
        if (uploaded === undefined) return notUploaded(run, ready);
        return afterCreate(run, uploaded, await createJob(run, ready.session, uploaded));
      });
      return this.#finish(work, outcome);
    } catch (error) {
      if (error instanceof GembatchError) return this.#finish(work, outcomeOfError(run, error));
      this.#finish(work, {outcome: 'failed'}); // So that no other file waits for it.
      throw error;
    }
  }

  /**
   * Closes the submission when the work on its files is over, however that ended: every job that was created is durable
   * then.
   *
   * @throws GembatchError `STORAGE`, `LOCK_LOST` when what was created could not be published; it is in the journal.
   */
  async closeAfter(work: Promise<unknown>): Promise<SubmitResult> {
    try {
      await work;
    } catch (error) {
      await this.#close();
      throw error;
    }
    return this.#close();
  }

  async #close(): Promise<SubmitResult> {
    const {startedMs, reconciling, finish, estimate} = this.#lifetime;
    const {store, clock, options, model, report} = this.#run;
    const earlierCreates = (await reconciling).map(({result}) => result);
    await finish();
    const files = this.files.flatMap((file) => this.#outcomes.get(file) ?? []);
    const summary = summarise(files, earlierCreates, {
      fatal: this.fatal,
      durationMs: clock.monotonic() - startedMs,
    });
    report({type: 'summary', summary});
    return {
      job_info: store.path,
      model,
      dry_run: options.isDryRun,
      files,
      settled: earlierCreates,
      summary,
      ...(estimate === undefined ? {} : {estimate}),
    };
  }

  #finish({file, startedMs, content, estimate, ...work}: FileWork, end: OutcomeDraft): FileOutcome {
    const run = this.#run;
    if (!MAY_HAVE_JOB.has(end.outcome)) run.costRoom?.release(file.inputFile);
    const draft = run.options.isForced ? withForcedAdvice(end) : end;
    const warnings = [...(draft.warnings ?? []), ...work.warnings];
    const outcome = {
      file: file.name,
      ...draft,
      ...(file.partOf === undefined ? {} : {part_of: file.partOf}),
      ...(warnings.length === 0 ? {} : {warnings}),
      duration_ms: Math.round(run.clock.monotonic() - startedMs),
    };
    this.#outcomes.set(file, outcome);
    if (file.object !== undefined && end.outcome === 'would_submit') this.#objects.set(file, estimate);
    if (content !== undefined) run.inFlight.end(content, outcome);
    run.report({type: 'outcome', index: file.index, outcome});
    return outcome;
  }
}

/** The outcome of a file whose turn came when the run had ended. */
function notUploaded(run: SubmitRun, {inspection, estimate}: CheckedFile): OutcomeDraft {
  return {...factsOf(inspection, estimate), ...notStarted(run, run.limits.creates.exhausted)};
}

/** What an error on the way makes of a file. */
function outcomeOfError(run: SubmitRun, error: GembatchError): OutcomeDraft {
  if (error.code === 'INTERRUPTED') return notStarted(run);
  if (run.pass !== null && isQuotaError(error)) return notStarted(run, error);
  return {outcome: 'failed', error: itemError(error)};
}

/** Uploads a checked file; undefined when the run has ended by then. */
async function upload(run: SubmitRun, checked: CheckedFile): Promise<UploadedFile | undefined> {
  return run.limits.uploads(async () => {
    if (run.halt.signal.aborted || run.limits.creates.exhausted) return undefined;
    const {file, inspection, warnings} = checked;
    const {index, path} = file;
    const {size_bytes: sizeBytes, sha256} = inspection;
    if (file.object !== undefined)
      return {...checked, uploadName: file.inputFile, uploadedMs: run.clock.monotonic()};
    const kept = await run.pass?.uploads.take(file.inputFile, sha256);
    if (kept !== undefined) return {...checked, uploadName: kept.name, uploadedMs: kept.uploadedMs};
    run.report({type: 'phase', index, phase: 'uploading'});
    try {
      const {name} = await run.client.uploadFile(
        {path, sizeBytes, sha256, displayName: uploadDisplayName(file.inputFile, sha256)},
        {
          signal: run.halt.signal,
          onProgress: (bytes) => run.report({type: 'progress', index, bytes, totalBytes: sizeBytes}),
          onWait: ({reason, delayMs}) => run.report({type: 'wait', index, reason, delayMs}),
          onNotDeleted: (fileName, error) => warnings.push(uploadNotDeleted(fileName, error)),
        },
      );
      return {...checked, uploadName: name, uploadedMs: run.clock.monotonic()};
    } catch (error) {
      // The storage of a project has a quota, too.
      if (run.pass !== null && isQuotaError(error)) run.limits.creates.refused(error);
      endRunIfFatal(run, error);
      throw error;
    }
  });
}

/** What became of a file whose create was tried; deletes the upload that no job needs. */
async function afterCreate(
  run: SubmitRun,
  uploaded: UploadedFile,
  result: CreateResult,
): Promise<OutcomeDraft> {
  const facts = factsOf(uploaded.inspection, uploaded.estimate);
  const sent = {...facts, uploaded_file_name: uploaded.uploadName};
  if ('error' in result) endRunIfFatal(run, result.error);
  if (result.kind === 'created') {
    run.known.add(result.record);
    return {...sent, outcome: 'submitted', job: jobOf(result.record)};
  }
  if (result.kind === 'unclear') {
    const {batch, error} = result;
    const job = batch === undefined ? {} : {job: {name: batch.name, state: batch.state}};
    return {...sent, outcome: 'unclear', error: itemError(error), ...job};
  }
  const comesAgain = run.pass !== null && result.kind === 'refused' && isQuotaError(result.error);
  const {inputFile, object} = uploaded.file;
  if (object === undefined && (result.kind !== 'refused' || result.keepsUpload !== true)) {
    const left = await (comesAgain
      ? keepUpload(run, uploaded)
      : discardUpload(run, {name: uploaded.uploadName, inputFile}));
    if (left !== undefined) uploaded.warnings.push(left);
  }
  if (result.kind === 'stopped') return {...facts, ...notStarted(run)};
  if (comesAgain) return {...facts, ...notStarted(run, result.error)};
  return {...facts, outcome: 'failed', error: itemError(result.error)};
}

/** Keeps an upload for the next pass. @returns what could not be deleted in its place. */
function keepUpload(
  run: SubmitRun,
  {file, inspection, uploadName, uploadedMs}: UploadedFile,
): Promise<string | undefined> | undefined {
  const {sha256, size_bytes: sizeBytes} = inspection;
  return run.pass?.uploads.keep(file.inputFile, {name: uploadName, sha256, sizeBytes, uploadedMs});
}

function isQuotaError(error: unknown): error is GembatchError {
  return error instanceof GembatchError && error.code === 'QUOTA';
}

/** Ends the run when the error concerns every file. */
function endRunIfFatal(run: SubmitRun, error: unknown): void {
  if (error instanceof GembatchError && FATAL_CODES.has(error.code)) run.halt.abort(error);
}
