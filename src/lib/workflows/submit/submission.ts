import {itemError} from '../../domain/item-error.js';
import {uploadDisplayName} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import {abortError} from '../../domain/interruption.js';
import {uploadNotDeleted} from '../../domain/job/upload-not-deleted.js';
import {discardUpload} from '../cleanup/discard-remote.js';
import type {ReconciledIntent} from '../reconcile/reconcile-intents.js';
import type {Estimate} from '../estimate/estimate-files.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {checkFile, factsOf} from './check/check-file.js';
import type {Inspection} from '../request-file/inspect-file.js';
import {createJob, type CreateResult, type UploadedFile} from './create-job.js';
import {withForcedAdvice, type OutcomeDraft} from './file-outcome.js';
import {contentId} from './duplicates/known-jobs.js';
import {jobOf} from './duplicates/same-work.js';
import {estimateJob, takeCostRoom} from './expected-cost.js';
import {foundElsewhere} from './duplicates/found-elsewhere.js';
import {summarise} from './summarise.js';
import type {FileOutcome, SubmitEvent, SubmitResult} from './submit-report.js';
import type {RequestFile} from './collect-inputs.js';
import type {SubmitRun} from './submit-run.js';
import type {Session} from '../../store/job-store.js';

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

/** One file while it is worked on. */
interface FileWork {
  readonly file: RequestFile;
  readonly startedMs: number;
  /** Collects warnings about the file. */
  readonly warnings: string[];
  /** What other files of this content wait for; undefined until this file is the one that is sent. */
  content: string | undefined;
  /** What its job will use and cost; undefined until then, and when it could not be estimated. */
  estimate?: FileEstimate | undefined;
}

/** A request file that may be sent. */
type CheckedFile = Omit<UploadedFile, 'uploadName' | 'uploadedMs'>;

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
      return this.#finish(work, await checkAndSend(run, work));
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

/** Sends a file when it is good, nothing shows that its work is done already, and there is room for its job. */
async function checkAndSend(run: SubmitRun, work: FileWork): Promise<OutcomeDraft> {
  const {file} = work;
  if (run.halt.signal.aborted) return notStarted(run);
  if (file.problem !== undefined) return {outcome: 'failed', error: itemError(file.problem)};
  const check = await checkFile(run, file);
  if ('outcome' in check) return check.outcome;
  const {inspection} = check;

  const content = contentId(inspection.sha256, run.model);
  const duplicate = run.options.isForced ? undefined : await run.inFlight.begin(content);
  if (duplicate !== undefined) return duplicateOf(duplicate, inspection);
  work.content = content;

  const {session} = run;
  const elsewhere = session === null ? undefined : await foundElsewhere(run, session, {file, inspection});
  if (elsewhere !== undefined) return {...factsOf(inspection), ...elsewhere};

  const shortage = run.pass?.takeRoom(file, inspection);
  if (shortage !== undefined) return {...factsOf(inspection), ...notStarted(run, shortage)};

  const estimate = await estimateJob(run, file, inspection);
  work.estimate = estimate;
  const facts = factsOf(inspection, estimate);
  const cap = await takeCostRoom(run, file, estimate);
  if (cap !== undefined) return {...facts, outcome: 'not_started', error: itemError(cap)};
  const parts = file.parts === undefined ? {} : {parts: file.parts};
  if (session === null) return {...facts, ...parts, outcome: 'would_submit'};

  run.report({type: 'phase', index: file.index, phase: 'checked'});
  const priced = estimate === undefined ? {} : {estimate};
  return run.limits.sends(() => send(run, session, {file, inspection, warnings: work.warnings, ...priced}));
}

/** Uploads a file, and creates its job. */
async function send(run: SubmitRun, session: Session, checked: CheckedFile): Promise<OutcomeDraft> {
  const uploaded = await upload(run, checked);
  if (uploaded === undefined)
    return {
      ...factsOf(checked.inspection, checked.estimate),
      ...notStarted(run, run.limits.creates.exhausted),
    };
  return afterCreate(run, uploaded, await createJob(run, session, uploaded));
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

/** The outcome of a file that has the same content as `other`, which this run submits. */
function duplicateOf(other: FileOutcome, inspection: Inspection): OutcomeDraft {
  const facts = factsOf(inspection);
  if (other.outcome === 'unclear' && other.error) return {...facts, outcome: 'unclear', error: other.error};
  return {
    ...facts,
    outcome: 'skipped',
    reason: 'same_content',
    same_as: other.file,
    ...(other.job ? {job: other.job} : {}),
  };
}

function isQuotaError(error: unknown): error is GembatchError {
  return error instanceof GembatchError && error.code === 'QUOTA';
}

/** Ends the run when the error concerns every file. */
function endRunIfFatal(run: SubmitRun, error: unknown): void {
  if (error instanceof GembatchError && FATAL_CODES.has(error.code)) run.halt.abort(error);
}

function notStarted(run: SubmitRun, why?: GembatchError): OutcomeDraft {
  const reason: unknown = run.halt.signal.reason ?? why;
  return {outcome: 'not_started', ...(reason instanceof GembatchError ? {error: itemError(reason)} : {})};
}
