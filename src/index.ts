/**
 * gembatch as a library. What is exported here is documented and stable; everything else may change at any time.
 *
 * A submission takes a store, a client and a clock, and reports each step:
 *
 *     const store = JobStore.open('job-info.jsonl', {command: 'my tool', clock: systemClock});
 *     const client = new GeminiBatchClient({apiKey, clock: systemClock});
 *     const result = await submitFiles({store, client, clock: systemClock, report: () => {}}, {...SUBMIT_DEFAULTS, files, cwd});
 */
export type {BatchJob, BatchStats} from './lib/domain/job/batch-job.js';
export type {Clock} from './lib/domain/clock.js';
export {
  EXIT,
  EXIT_MEANINGS,
  ERRORS,
  GembatchError,
  type ErrorCode,
  type ErrorDetails,
} from './lib/domain/errors.js';
export type {Intent, JobRecord, RowCounts, StoredResults} from './lib/domain/job/job-record.js';
export type {
  BatchService,
  CallOptions,
  CreateBatchRequest,
  Model,
  RemoteFile,
} from './lib/services/batch-service.js';
export {GeminiBatchClient, type GeminiBatchClientOptions} from './lib/services/gemini/gemini-batch-client.js';
export {
  JobStore,
  type JobStoreOptions,
  type Session,
  type StoredRecord,
  type StoreSnapshot,
} from './lib/store/job-store.js';
export {SUBMIT_DEFAULTS, submitFiles, type SubmitInput} from './lib/workflows/submit/submit-files.js';
export type {
  FileOutcome,
  SubmitEvent,
  SubmitResult,
  SubmitSummary,
} from './lib/workflows/submit/submit-report.js';
export type {SubmitDeps} from './lib/workflows/submit/submit-run.js';
export type {ItemError} from './lib/domain/item-error.js';
export {systemClock} from './lib/system-clock.js';
