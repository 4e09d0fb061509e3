import {statSync} from 'node:fs';
import {GembatchError} from '../../domain/errors.js';
import {estimateWith, timesEstimate, withUnread, type Estimate} from '../estimate/estimate-files.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import type {Inspection} from '../request-file/inspect-file.js';
import type {KnownJobs} from './duplicates/known-jobs.js';
import type {RequestFile} from './collect-inputs.js';
import type {SubmitRun} from './submit-run.js';

/** The most that is read for the estimate before the first file is sent; of more, only every n-th file is read. */
const READ_BEFORE_BYTES = 64 * 1024 ** 2;

/**
 * What the files that have no batch job yet will cost, before anything is sent; of many large files by a part of them.
 * Undefined when there are none; null when all of them are in a bucket, where they are not read.
 */
export async function expectedCost(
  run: Pick<SubmitRun, 'estimator' | 'halt' | 'options'> & {readonly known: Pick<KnownJobs, 'ofInputFile'>},
  files: readonly RequestFile[],
): Promise<Estimate | null | undefined> {
  const {estimator, known, options, halt} = run;
  const unknown = files.filter(
    ({inputFile, retryOf}) =>
      options.isForced || retryOf !== undefined || known.ofInputFile(inputFile) === undefined,
  );
  const objects = unknown.filter(({object}) => object !== undefined);
  const fresh = unknown.filter(({object, path}) => object === undefined && sizeOf(path) > 0);
  if (fresh.length === 0) return objects.length === 0 ? undefined : null;
  const bytes = fresh.reduce((sum, {path}) => sum + sizeOf(path), 0);
  const every = Math.ceil(bytes / READ_BEFORE_BYTES);
  const sample = fresh.filter((_, index) => index % every === 0);
  const estimate = await estimateWith(estimator, sample, halt.signal);
  const sampled = sample.reduce((sum, {path}) => sum + sizeOf(path), 0);
  const all =
    every === 1 ? estimate : timesEstimate(estimate, {factor: bytes / sampled, files: fresh.length});
  return withUnread(all, objects.length);
}

/** What the batch job of a checked file will use and cost; undefined when the file cannot be read any more. */
export async function estimateJob(
  {estimator, limits, halt}: Pick<SubmitRun, 'estimator' | 'halt' | 'limits'>,
  file: RequestFile,
  inspection: Inspection,
): Promise<FileEstimate | undefined> {
  if (file.object !== undefined) return inspection.estimate;
  try {
    return await limits.estimates(() => estimator.estimate(file, halt.signal));
  } catch (error) {
    if (error instanceof GembatchError) throw error;
    return undefined; // The upload says why.
  }
}

/**
 * Takes room under the caps for the batch job of a checked file. Only where there is too little it waits for the creates
 * of earlier runs whose outcome is still unknown: those that made no job give their room back.
 *
 * @returns `COST_CAP` when there is too little; undefined without caps, too.
 */
export async function takeCostRoom(
  {costRoom, open}: Pick<SubmitRun, 'costRoom' | 'open'>,
  {inputFile, object, retryOf}: RequestFile,
  estimate: FileEstimate | undefined,
): Promise<GembatchError | undefined> {
  if (costRoom !== undefined && object !== undefined && estimate === undefined)
    return unreadError(inputFile, {isRetry: retryOf !== undefined});
  if (costRoom?.take(inputFile, estimate) === undefined) return undefined;
  costRoom.forget(await open.failed());
  return costRoom.take(inputFile, estimate);
}

function unreadError(address: string, {isRetry}: {readonly isRetry: boolean}): GembatchError {
  return new GembatchError(
    'COST_CAP',
    `${address}: what it costs is not known, because its lines are not read, so that nothing is sent under a cap.`,
    {
      suggestions: isRetry
        ? ['Retry it without a cap.']
        : ['Have its lines read and checked: --check', 'Or submit it without a cap.'],
    },
  );
}

/** What cannot be read is no file to estimate. */
function sizeOf(path: string): number {
  try {
    const stats = statSync(path);
    return stats.isFile() ? stats.size : 0;
  } catch {
    return 0;
  }
}
