/** Follows one request file through a submission, from its check to its outcome. */
import {uploadDisplayName} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import {leftUpload} from '../../domain/job/left-upload.js';
import {checkFile, factsOf, jobOf} from '../request-file/check-file.js';
import {createJob, type CreateResult} from './create-job.js';
import {discardUpload} from './discard-upload.js';
import {failed, type OutcomeDraft} from './file-outcome.js';
import type {Inspection} from '../request-file/inspect-file.js';
import type {FileOutcome} from './submit-report.js';
import type {CheckRun, RequestFileInput, SubmitRun} from './submit-run.js';

/** Errors after which no other file can fare better: the run ends, what is in flight is brought to its end. */
const FATAL_CODES: ReadonlySet<string> = new Set(['KEY_REFUSED', 'STORAGE', 'LOCK_LOST']);

/** Errors whose usual advice is to run the same command again. */
const RESUMABLE_CODES: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'LOCK_LOST',
  'QUOTA',
  'SERVICE',
  'STORAGE',
  'UNCLEAR',
]);

/** Notes, for the outcome of a file, what a person should know besides. */
type Warn = (warning: string) => void;

/** A good request file on its way to the service. */
interface Sending {
  readonly file: RequestFileInput;
  readonly inspection: Inspection;
  readonly warn: Warn;
}

/** Submits one request file, or says why not. Never rejects because of the file. */
export function submitFile(run: SubmitRun, file: RequestFileInput): Promise<FileOutcome> {
  return conclude(run, file, (inspection, warn) => {
    run.report({type: 'phase', index: file.index, phase: 'checked'});
    return run.sends.run(() => send(run, {file, inspection, warn}));
  });
}

/** Says what a submission would do with one request file. Nothing is sent or written. */
export function previewFile(run: CheckRun, file: RequestFileInput): Promise<FileOutcome> {
  return conclude(run, file, async (inspection) => ({...factsOf(inspection), outcome: 'would_submit'}));
}

async function conclude(
  run: CheckRun,
  file: RequestFileInput,
  work: (inspection: Inspection, warn: Warn) => Promise<OutcomeDraft>,
): Promise<FileOutcome> {
  const startedMs = run.clock.monotonic();
  const warnings: string[] = [];
  const finish = (draft: OutcomeDraft): FileOutcome => ({
    file: file.name,
    ...withWarnings(run.options.isForced ? withForcedAdvice(draft) : draft, warnings),
    duration_ms: Math.round(run.clock.monotonic() - startedMs),
  });

  const outcome = await outcomeOf(
    run,
    file,
    async (inspection) => finish(await work(inspection, (warning) => warnings.push(warning))),
    finish,
  );
  run.report({type: 'outcome', index: file.index, outcome});
  return outcome;
}

/** With --force "the same command again" is no advice: it submits, and pays, also what has worked. */
function withForcedAdvice(draft: OutcomeDraft): OutcomeDraft {
  const {error} = draft;
  if (error === undefined || !RESUMABLE_CODES.has(error.code)) return draft;
  const suggestions = [
    'Name only the files that are left: with --force every file that is named is submitted, and paid, again.',
  ];
  return {...draft, error: {...error, suggestions}};
}

async function outcomeOf(
  run: CheckRun,
  file: RequestFileInput,
  work: (inspection: Inspection) => Promise<FileOutcome>,
  finish: (draft: OutcomeDraft) => FileOutcome,
): Promise<FileOutcome> {
  if (run.halt.signal.aborted) return finish(notStarted(run));
  try {
    const check = await checkFile(run, file);
    if ('outcome' in check) return finish(check.outcome);
    const {inspection, content} = check;
    if (run.options.isForced) return await work(inspection);
    return await claim(
      run,
      content,
      () => work(inspection),
      (twin) => finish(sameWorkAs(twin, inspection)),
    );
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return finish(error.code === 'INTERRUPTED' ? notStarted(run) : {outcome: 'failed', error: failed(error)});
  }
}

/**
 * Takes on a piece of work unless another file of this run has it already; then waits for what comes of it there, and
 * takes it on only when nothing was made of it.
 */
async function claim(
  run: CheckRun,
  content: string,
  work: () => Promise<FileOutcome>,
  follow: (twin: FileOutcome) => FileOutcome,
): Promise<FileOutcome> {
  for (let other = run.claims.get(content); other !== undefined; other = run.claims.get(content)) {
    const twin = await other;
    if (twin.outcome !== 'failed' && twin.outcome !== 'not_started') return follow(twin);
    if (run.claims.get(content) === other) run.claims.delete(content);
  }
  const outcome = work();
  run.claims.set(content, outcome);
  return outcome;
}

function sameWorkAs(twin: FileOutcome, inspection: Inspection): OutcomeDraft {
  const facts = factsOf(inspection);
  if (twin.outcome === 'unclear' && twin.error) return {...facts, outcome: 'unclear', error: twin.error};
  return {
    ...facts,
    outcome: 'skipped',
    reason: 'same_content',
    same_as: twin.file,
    ...(twin.job ? {job: twin.job} : {}),
  };
}

async function send(run: SubmitRun, sending: Sending): Promise<OutcomeDraft> {
  const facts = factsOf(sending.inspection);
  const uploadedFileName = await run.uploads.run(() => uploadInTime(run, sending));
  if (uploadedFileName === undefined) return {...facts, ...notStarted(run, run.gate.exhausted)};
  const uploaded = {...facts, uploaded_file_name: uploadedFileName};
  const result = await create(run, sending, uploadedFileName);
  switch (result.kind) {
    case 'created':
      run.known.add(result.record);
      return {...uploaded, outcome: 'submitted', job: jobOf(result.record)};
    case 'unclear':
      endRunIfFatal(run, result.error);
      return {
        ...uploaded,
        outcome: 'unclear',
        error: failed(result.error),
        ...(result.batch ? {job: {name: result.batch.name, state: result.batch.state}} : {}),
      };
    case 'refused':
      endRunIfFatal(run, result.error);
      await discard(run, sending, uploadedFileName);
      return {...facts, outcome: 'failed', error: failed(result.error)};
    case 'stopped':
      await discard(run, sending, uploadedFileName);
      return {...facts, ...notStarted(run)};
  }
}

/** Uploads a file unless the run is at its end by now; then there is no name. */
async function uploadInTime(run: SubmitRun, sending: Sending): Promise<string | undefined> {
  if (run.halt.signal.aborted || run.gate.exhausted) return undefined;
  try {
    return await upload(run, sending);
  } catch (error) {
    endRunIfFatal(run, error);
    throw error;
  }
}

async function upload(run: SubmitRun, {file, inspection, warn}: Sending): Promise<string> {
  const {index} = file;
  run.report({type: 'phase', index, phase: 'uploading'});
  const {name} = await run.client.uploadFile(
    {
      path: file.path,
      sizeBytes: inspection.size_bytes,
      sha256: inspection.sha256,
      displayName: uploadDisplayName(file.inputFile, inspection.sha256),
    },
    {
      signal: run.halt.signal,
      onProgress: (bytes) => run.report({type: 'progress', index, bytes, totalBytes: inspection.size_bytes}),
      onWait: ({reason, delayMs}) => run.report({type: 'wait', index, reason, delayMs}),
      onLeft: (fileName, error) => warn(leftUpload(fileName, error)),
    },
  );
  return name;
}

/**
 * Creates the job. What is thrown on the way to it says that there is none: the intent could not be written, so that
 * nothing was sent, or the service has refused. Trouble with recording a job that exists is `unclear`, not thrown.
 */
async function create(
  run: SubmitRun,
  {file, inspection}: Sending,
  uploadedFileName: string,
): Promise<CreateResult> {
  try {
    return await createJob(run, {
      index: file.index,
      inputFile: file.inputFile,
      count: inspection.count,
      sizeBytes: inspection.size_bytes,
      sha256: inspection.sha256,
      uploadedFileName,
      ...(file.retryOf === undefined ? {} : {retryOf: file.retryOf}),
    });
  } catch (error) {
    if (error instanceof GembatchError) return {kind: 'refused', error};
    throw error;
  }
}

async function discard(run: SubmitRun, {warn}: Sending, uploadedFileName: string): Promise<void> {
  const warning = await discardUpload(run, uploadedFileName);
  if (warning !== undefined) warn(warning);
}

/** Ends the run when the error concerns every file. */
function endRunIfFatal(run: CheckRun, error: unknown): void {
  if (error instanceof GembatchError && FATAL_CODES.has(error.code)) run.halt.abort(error);
}

function notStarted(run: CheckRun, why?: GembatchError): OutcomeDraft {
  const reason: unknown = run.halt.signal.reason ?? why;
  return {outcome: 'not_started', ...(reason instanceof GembatchError ? {error: failed(reason)} : {})};
}

function withWarnings(draft: OutcomeDraft, warnings: readonly string[]): OutcomeDraft {
  return warnings.length === 0 ? draft : {...draft, warnings: [...(draft.warnings ?? []), ...warnings]};
}
