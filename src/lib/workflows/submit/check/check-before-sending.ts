import {itemError} from '../../../domain/item-error.js';
import type {Session} from '../../../store/job-store.js';
import type {FileEstimate} from '../../estimate/file-estimator.js';
import type {Inspection} from '../../request-file/inspect-file.js';
import type {RequestFile} from '../collect-inputs.js';
import type {UploadedFile} from '../create-job.js';
import {foundElsewhere} from '../duplicates/found-elsewhere.js';
import {contentId} from '../duplicates/known-jobs.js';
import {estimateJob, takeCostRoom} from '../expected-cost.js';
import {notStarted, type OutcomeDraft} from '../file-outcome.js';
import type {FileOutcome} from '../submit-report.js';
import type {SubmitRun} from '../submit-run.js';
import {checkFile, factsOf} from './check-file.js';

/** One file while it is worked on. */
export interface FileWork {
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
export type CheckedFile = Omit<UploadedFile, 'uploadName' | 'uploadedMs'>;

/** A request file that goes to the service now. */
export type ReadyFile = CheckedFile & {readonly session: Session};

/**
 * Whether a file may be sent: it is good, nothing shows that its work is done already, and there is room for its job.
 *
 * @returns what became of it when it may not.
 * @throws GembatchError as `checkFile` and `foundElsewhere` do.
 */
export async function checkBeforeSending(run: SubmitRun, work: FileWork): Promise<OutcomeDraft | ReadyFile> {
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
  return {session, file, inspection, warnings: work.warnings, ...priced};
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
