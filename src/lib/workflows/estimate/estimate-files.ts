/** The use case of `gembatch estimate`: what request files will use and cost, before anything is sent. */
import {addRanges, NOTHING, timesRange, wholeRange, type Range} from '../../domain/estimate/range.js';
import type {ErrorCode} from '../../domain/errors.js';
import {GembatchError} from '../../domain/errors.js';
import {isObject} from '../../domain/json/json-object.js';
import type {EstimateTerms} from './estimated-model.js';
import {FileEstimator, type FileEstimate} from './file-estimator.js';

/** A file that could not be read. */
export interface FileFailure {
  readonly file: string;
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly suggestions: readonly string[];
  };
}

/** The `--json` object of `gembatch estimate`. */
export interface Estimate {
  readonly files: readonly FileEstimate[];
  readonly failed: readonly FileFailure[];
  /** How many files `total` is for, where `files` is only a sample of them. */
  readonly sample_of?: number;
  /** Files in a bucket that were not read: nothing of them is in `total`, whose cost is null then. */
  readonly unread_files?: number;
  readonly total: {
    readonly requests: number;
    readonly input_tokens: Range;
    readonly output_tokens: Range;
    /** null as soon as the cost of one file is not known. */
    readonly cost_usd: Range | null;
    /** The cost of the files whose cost is known. */
    readonly cost_usd_known: Range;
    /** Models without a price. */
    readonly price_missing: readonly string[];
  };
  readonly prices: {readonly read_on: string};
  /** What a person should know of the model. */
  readonly warnings: readonly string[];
}

/** What is estimated, and by which prices. */
export interface EstimateInput extends EstimateTerms {
  readonly files: readonly {readonly path: string; readonly name: string}[];
  readonly signal?: AbortSignal;
}

/** What the service says to a count of tokens, and would say to the next. */
const ENDS_ALL: ReadonlySet<ErrorCode> = new Set(['KEY_REFUSED', 'MODEL_UNAVAILABLE', 'QUOTA', 'SERVICE']);

/**
 * Estimates request files one after the other. A file that cannot be read stops no other.
 *
 * @throws GembatchError `KEY_REFUSED`, `MODEL_UNAVAILABLE`, `QUOTA`, `SERVICE` when the service is asked to count tokens.
 */
export function estimateFiles(input: EstimateInput): Promise<Estimate> {
  return estimateWith(new FileEstimator(input), input.files, input.signal);
}

/** As `estimateFiles`. */
export async function estimateWith(
  estimator: FileEstimator,
  named: EstimateInput['files'],
  signal?: AbortSignal,
): Promise<Estimate> {
  const files: FileEstimate[] = [];
  const failed: FileFailure[] = [];
  for (const file of named) {
    try {
      files.push(await estimator.estimate(file, signal));
    } catch (error) {
      if (error instanceof GembatchError && ENDS_ALL.has(error.code)) throw error;
      const {code, message, suggestions} = readFailure(error, file.name);
      failed.push({file: file.name, error: {code, message, suggestions}});
    }
  }
  const total = totalOf(files, estimator.unpricedModel);
  const {retirement} = estimator;
  const warnings = retirement === undefined ? [] : [retirement];
  return {files, failed, total, prices: {read_on: estimator.pricesReadOn}, warnings};
}

/** The estimate of many files by that of a part of them, which is `factor` times smaller. */
export function timesEstimate(
  estimate: Estimate,
  {factor, files}: {readonly factor: number; readonly files: number},
): Estimate {
  const {total} = estimate;
  return {
    ...estimate,
    sample_of: files,
    total: {
      ...total,
      requests: Math.round(total.requests * factor),
      input_tokens: wholeRange(timesRange(total.input_tokens, factor)),
      output_tokens: wholeRange(timesRange(total.output_tokens, factor)),
      cost_usd: total.cost_usd === null ? null : timesRange(total.cost_usd, factor),
      cost_usd_known: timesRange(total.cost_usd_known, factor),
    },
  };
}

/** An estimate that leaves out files which nobody has read. */
export function withUnread(estimate: Estimate, files: number): Estimate {
  if (files === 0) return estimate;
  return {...estimate, unread_files: files, total: {...estimate.total, cost_usd: null}};
}

/** An estimate of further files that were estimated one by one. */
export function withEstimated(estimate: Estimate, more: readonly FileEstimate[]): Estimate {
  const files = [...estimate.files, ...more];
  const isUnpriced = more.some(({cost_usd: cost, uncounted_parts: parts}) => cost === null && parts === 0);
  const missing = estimate.total.price_missing[0] ?? (isUnpriced ? more[0]?.model : undefined);
  return {...estimate, files, total: totalOf(files, missing)};
}

function totalOf(files: readonly FileEstimate[], unpriced: string | undefined): Estimate['total'] {
  const known = files.map(({cost_usd: cost}) => cost).filter((cost) => cost !== null);
  const costKnown = known.reduce(addRanges, NOTHING);
  return {
    requests: files.reduce((sum, {requests}) => sum + requests, 0),
    input_tokens: files.map(({input_tokens: tokens}) => tokens).reduce(addRanges, NOTHING),
    output_tokens: files.map(({output_tokens: tokens}) => tokens).reduce(addRanges, NOTHING),
    cost_usd: known.length === files.length ? costKnown : null,
    cost_usd_known: costKnown,
    price_missing: unpriced !== undefined && files.length > 0 ? [unpriced] : [],
  };
}

function readFailure(error: unknown, name: string): GembatchError {
  if (error instanceof GembatchError) return error;
  const code = isObject(error) && typeof error['code'] === 'string' ? error['code'] : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new GembatchError('FILE_MISSING', `${name}: there is no such file.`);
  if (code === 'EISDIR')
    return new GembatchError('FILE_IS_FOLDER', `${name} is a folder, not a request file.`);
  if (code === '') throw error;
  return new GembatchError('FILE_UNREADABLE', `${name} cannot be read (${code}).`);
}
