/**
 * Decides, before anything is sent, whether a request file is to be submitted: is it one of ours, is there a batch
 * job for it already, are all of its lines good.
 */
import {itemError} from '../../../domain/item-error.js';
import {stat} from 'node:fs/promises';
import {GembatchError} from '../../../domain/errors.js';
import {PRICES} from '../../../domain/price/prices.js';
import type {BucketInput} from '../../../domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../../domain/bucket/object-fingerprint.js';
import {jobOutcome} from '../../../domain/job/job-progress.js';
import {SERVICE_LIMITS} from '../../../domain/service/service-of.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {recordResultsInPlace} from '../../fetch/place/results-in-place.js';
import {glanceAtResults, lookAtResults, resultsError} from '../../job-states/result-files.js';
import {inspectFile, type Inspection} from '../../request-file/inspect-file.js';
import {inspectObject} from '../../request-file/inspect-object.js';
import type {FileEstimate} from '../../estimate/file-estimator.js';
import {contentId} from '../duplicates/known-jobs.js';
import {changedError, sentFingerprint} from '../../request-file/refuse-changed.js';
import {withPreparation} from './with-preparation.js';
import {
  jobOf,
  otherServiceError,
  outcomeOfKnownContent,
  outcomeOfKnownFile,
} from '../duplicates/same-work.js';
import type {FileOutcome} from '../submit-report.js';
import {type OutcomeDraft} from '../file-outcome.js';
import type {RequestFile} from '../collect-inputs.js';
import type {SubmitRun} from '../submit-run.js';

/** Either what became of the file already, or what was found in the good file. */
export type FileCheck = {readonly outcome: OutcomeDraft} | {readonly inspection: Inspection};

/**
 * Checks one request file.
 *
 * @throws GembatchError `FILE_*` when the file cannot be submitted, `INTERRUPTED` when the run ends meanwhile.
 */
export async function checkFile(run: SubmitRun, file: RequestFile): Promise<FileCheck> {
  if (run.store.isOwnFile(file.path) || run.known.isResultFile(file.inputFile)) {
    return {outcome: {outcome: 'skipped', reason: 'own_file'}};
  }
  // Also with --force: what that asked for may be the very create that had no answer.
  const open = await fateOfOpenCreate(run, file, undefined);
  if (open !== undefined) return {outcome: open};
  const existing = run.options.isForced ? undefined : run.known.ofInputFile(file.inputFile);
  if (existing && existing.batch.name !== file.retryOf) {
    const isChanged = await hasChanged(run, file, existing);
    const isElsewhere = isChanged !== true && (await isOfOtherProject(run, existing));
    const serviceError = errorOfService(run, file, existing);
    const known = {record: existing, isChanged, isElsewhere, serviceError};
    const outcome = outcomeOfKnownFile(run.options, file, known);
    if (outcome !== undefined) return {outcome: await withResultsError(run, outcome, existing)};
  }

  const inspection = await inspect(run, file, run.options.isValidated);
  if (!inspection.sha256.startsWith(file.fingerprint ?? ''))
    throw changedError(file.inputFile, 'Nothing was sent.');
  const duplicate = await sameContent(run, file, inspection);
  return duplicate === undefined ? {inspection} : {outcome: {...factsOf(inspection), ...duplicate}};
}

/** Whether there is, or may be, a job for the same content under another name. */
async function sameContent(
  run: SubmitRun,
  file: RequestFile,
  {sha256}: Inspection,
): Promise<OutcomeDraft | undefined> {
  const open = await fateOfOpenCreate(run, file, contentId(sha256, run.model));
  if (open !== undefined || run.options.isForced) return open;
  const whole = run.pass?.wholes.get(sha256);
  if (whole !== undefined && file.partOf === undefined)
    return {outcome: 'skipped', reason: 'same_content', same_as: whole};
  const existing = run.known.ofContent(sha256, run.model);
  if (existing === undefined || existing.batch.name === file.retryOf) return undefined;
  if (isTriedBefore(existing, file)) return undefined;
  const isElsewhere = await isOfOtherProject(run, existing);
  const serviceError = errorOfService(run, file, existing);
  const outcome = outcomeOfKnownContent(run.options, file, {record: existing, isElsewhere, serviceError});
  return outcome && withResultsError(run, outcome, existing);
}

/** A job whose results are altered, or gone for good, is no reason to call its file done. */
async function withResultsError(
  {store, halt: {signal: stop}}: SubmitRun,
  outcome: OutcomeDraft,
  record: JobRecord,
): Promise<OutcomeDraft> {
  if (outcome.outcome !== 'skipped' || outcome.error !== undefined) return outcome;
  const looks = await lookAtResults(store, [record], {stop});
  const error = resultsError(record, looks.get(record.batch.name)?.state ?? 'intact');
  return error === undefined ? outcome : {...outcome, error: itemError(error)};
}

/** What has its results here is done, wherever they came from. */
function errorOfService(
  {store, client}: SubmitRun,
  file: RequestFile,
  record: JobRecord,
): GembatchError | undefined {
  const isHere = record.results !== undefined && glanceAtResults(store, record) !== 'missing';
  return isHere ? undefined : otherServiceError(file, record, client.services[0]);
}

/** Whether the results of a job are still to come, and only from the project of another API key. */
async function isOfOtherProject(run: SubmitRun, record: JobRecord): Promise<boolean> {
  const {store, session, project, options} = run;
  const glance = glanceAtResults(store, record);
  const outcome = jobOutcome(record, glance === 'unread' ? 'intact' : glance);
  if (session === null || outcome !== 'running' || !(await project.isElsewhere(record))) return false;
  // Another tool may have fetched them and deleted the job.
  const deps = {...run, prices: options.prices ?? PRICES};
  const found = await recordResultsInPlace(deps, record, {resultsDir: options.resultsDir ?? null});
  return found === undefined;
}

/** Whether an earlier retry of the same job was answered, and its rows were as bad as before. */
function isTriedBefore({retry_of: parent, merged_at: mergedAt}: JobRecord, {retryOf}: RequestFile): boolean {
  return retryOf !== undefined && parent === retryOf && mergedAt !== undefined;
}

/** What an inspection, and an estimate, say about a file, as its outcome spells it. */
export function factsOf(
  inspection: Inspection,
  estimate?: FileEstimate,
): Pick<FileOutcome, 'count' | 'size_bytes' | 'sha256' | 'warnings' | 'estimate_usd'> {
  const {count, size_bytes, sha256, warnings} = inspection;
  return {
    count,
    size_bytes,
    sha256,
    ...(warnings.length > 0 ? {warnings} : {}),
    ...(estimate === undefined ? {} : {estimate_usd: estimate.cost_usd}),
  };
}

/** Waits for an open create of an earlier run; undefined when nothing came of it. */
async function fateOfOpenCreate(
  run: SubmitRun,
  file: RequestFile,
  content: string | undefined,
): Promise<OutcomeDraft | undefined> {
  if (!run.open.concerns(file.inputFile, content)) return undefined;
  run.report({type: 'phase', index: file.index, phase: 'reconciling'});
  const {error, adopted} = await run.open.fateOf(file.inputFile, content);
  if (error !== undefined) return {outcome: 'unclear', error: itemError(error)};
  if (adopted === undefined) return undefined;
  // It answers to an intent, so that it is this work whatever the file holds by now.
  const changed = await hasChanged(run, file, adopted);
  return {outcome: 'skipped', reason: 'same_file', job: jobOf(adopted), changed};
}

function inspect(run: SubmitRun, file: RequestFile, isValidated: boolean): Promise<Inspection> {
  const onProgress = (bytes: number, totalBytes: number): void =>
    run.report({type: 'progress', index: file.index, bytes, totalBytes});
  if (file.object !== undefined) return inspectInBucket(run, file, file.object);
  const begun = isValidated === run.options.isValidated ? run.checks?.take(file, onProgress) : undefined;
  if (begun !== undefined) {
    run.report({type: 'phase', index: file.index, phase: 'inspecting'});
    return begun;
  }
  return run.limits.inspections(() => {
    run.report({type: 'phase', index: file.index, phase: 'inspecting'});
    return inspectFile(file.path, {
      name: file.name,
      validate: isValidated,
      model: run.model,
      service: run.client.services[0],
      allowed: run.options.allowed,
      // Without --dry-run it would go in parts.
      maxBytes: run.options.isDryRun ? Infinity : SERVICE_LIMITS[run.client.services[0]].maxFileBytes,
      signal: run.halt.signal,
      onProgress,
    }).catch(async (error: unknown) => {
      throw await withPreparation(error, file);
    });
  });
}

function inspectInBucket(run: SubmitRun, {index}: RequestFile, object: BucketInput): Promise<Inspection> {
  const {client, estimator, limits, model, options, report} = run;
  const isRead = options.readsObjects === true;
  const inspection = (): Promise<Inspection> =>
    inspectObject(client, object, {
      isRead,
      model,
      estimator,
      service: client.services[0],
      allowed: options.allowed,
      signal: run.halt.signal,
      onProgress: (bytes, totalBytes) => report({type: 'progress', index, bytes, totalBytes}),
      onWait: ({reason, delayMs}) => report({type: 'wait', index, reason, delayMs}),
    });
  if (!isRead) return inspection();
  return limits.inspections(() => {
    report({type: 'phase', index, phase: 'inspecting'});
    return inspection();
  });
}

/** Whether the file differs from what was submitted; null when the record or the file does not tell. */
async function hasChanged(run: SubmitRun, file: RequestFile, existing: JobRecord): Promise<boolean | null> {
  // Of a job that was adopted, the display name may be all that tells.
  const fingerprint = existing.sha256 ?? sentFingerprint(existing.batch);
  if (fingerprint === undefined) return null;
  if (file.object !== undefined) return !objectFingerprint(file.object).startsWith(fingerprint);
  try {
    const {size} = await stat(file.path);
    if (existing.size_bytes !== undefined && size !== existing.size_bytes) return true;
    const {sha256} = await inspect(run, file, false);
    return !sha256.startsWith(fingerprint);
  } catch (error) {
    // The job exists whatever became of its request file, so a file that cannot be read is no failure here.
    if (error instanceof GembatchError && error.code === 'INTERRUPTED') throw error;
    return null;
  }
}
