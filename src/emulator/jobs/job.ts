import type {JobTiming} from '../control/behaviour.js';
import {timestamp} from '../control/clock.js';
import type {Counts, JobEnd} from './job-end.js';
import type {JobKind} from './checks/request-check.js';

/** How long the service lets a job wait and run, https://ai.google.dev/gemini-api/docs/batch-api. */
const EXPIRY_MS = 48 * 3_600_000;

/** The same at Vertex AI, https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini. */
const VERTEX_QUEUE_MS = 72 * 3_600_000;
const VERTEX_RUN_MS = 24 * 3_600_000;

/** What a job at Vertex AI has besides. */
export interface VertexParts {
  /** `projects/<p>/locations/<l>` */
  readonly parent: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Below which its results are written, `gs://…`. */
  readonly outputPrefix: string;
}

export interface Job {
  /** Grows with each job; decides the order of lists. */
  readonly number: number;
  /** `batches/<id>`; at Vertex AI `projects/<p>/locations/<l>/batchPredictionJobs/<id>`. */
  readonly name: string;
  readonly displayName: string;
  /** `models/<id>` */
  readonly model: string;
  /** The model that answers in place of it, as a rerouted one is: https://ai.google.dev/gemini-api/docs/deprecations. */
  readonly servedBy?: string;
  readonly kind: JobKind;
  readonly inputFile: string | undefined;
  readonly inlineRequests: readonly unknown[] | undefined;
  readonly webhookConfig: unknown;
  /** An int64 as text, as the service has it. */
  readonly priority: string | undefined;
  readonly requestCount: number;
  readonly sizeBytes: number;
  readonly createdMs: number;
  readonly pendingMs: number;
  readonly runningMs: number;
  /** How long after its end its output is missing. */
  readonly outputDelayMs: number;
  /** Lists of jobs in which it is still missing. */
  hiddenCalls: number;
  readonly visibleFromMs: number;
  readonly vertex?: VertexParts;
  /** Whether it was cancelled and is still writing what it had finished. */
  isCancelling?: boolean;
  end?: JobEnd;
}

export type NewJob = Pick<
  Job,
  | 'displayName'
  | 'model'
  | 'servedBy'
  | 'kind'
  | 'inputFile'
  | 'inlineRequests'
  | 'webhookConfig'
  | 'priority'
  | 'requestCount'
  | 'sizeBytes'
  | 'vertex'
>;

/** When a job that is created now moves, and when it is seen. */
export function timingOf(
  nowMs: number,
  timing: JobTiming,
): Pick<Job, 'createdMs' | 'pendingMs' | 'runningMs' | 'outputDelayMs' | 'hiddenCalls' | 'visibleFromMs'> {
  return {
    createdMs: nowMs,
    pendingMs: timing.pending_ms,
    runningMs: timing.running_ms,
    outputDelayMs: timing.output_delay_ms,
    hiddenCalls: timing.list_delay_calls,
    visibleFromMs: nowMs + timing.list_delay_ms,
  };
}

/** Where a job that has not ended is at this time. */
export function phaseOf(job: Job, nowMs: number): 'PENDING' | 'RUNNING' | 'DUE' | 'EXPIRED' {
  const ageMs = nowMs - job.createdMs;
  if (job.vertex !== undefined) {
    if (ageMs < Math.min(job.pendingMs, VERTEX_QUEUE_MS)) return 'PENDING';
    if (job.pendingMs > VERTEX_QUEUE_MS) return 'EXPIRED';
    return nowMs >= dueMs(job) ? 'DUE' : 'RUNNING';
  }
  if (ageMs >= job.pendingMs + job.runningMs && job.pendingMs + job.runningMs <= EXPIRY_MS) return 'DUE';
  if (ageMs >= EXPIRY_MS) return 'EXPIRED';
  return ageMs >= job.pendingMs ? 'RUNNING' : 'PENDING';
}

/** The requests that a job at Vertex AI has answered when it is cut off after a day; undefined when it is not. */
export function rowsAtCutOff(job: Job): number | undefined {
  if (job.vertex === undefined || job.runningMs <= VERTEX_RUN_MS) return undefined;
  return Math.floor((job.requestCount * VERTEX_RUN_MS) / job.runningMs);
}

/** When a job that runs its course ends. */
export function dueMs(job: Job): number {
  if (job.vertex !== undefined) {
    if (job.pendingMs > VERTEX_QUEUE_MS) return job.createdMs + VERTEX_QUEUE_MS;
    return job.createdMs + job.pendingMs + Math.min(job.runningMs, VERTEX_RUN_MS);
  }
  return job.createdMs + Math.min(job.pendingMs + job.runningMs, EXPIRY_MS);
}

/**
 * The job as the service describes it: a long-running operation, https://ai.google.dev/api/batch-api#Operation.
 *
 * @param options - whether responses that come inline are there; in lists they are not.
 */
export function operationOf(
  job: Job,
  nowMs: number,
  {hasInlineResponses = true} = {},
): Record<string, unknown> {
  const {end} = job;
  const kind = job.kind === 'embed' ? 'EmbedContentBatch' : 'GenerateContentBatch';
  const type = `type.googleapis.com/google.ai.generativelanguage.v1main.${kind}`;
  const hasOutput = end !== undefined && nowMs >= end.atMs + job.outputDelayMs;
  const output = hasOutput ? outputOf(end, hasInlineResponses) : undefined;
  const phase = phaseOf(job, nowMs);
  return {
    name: job.name,
    metadata: {
      '@type': type,
      model: job.model,
      displayName: job.displayName,
      ...(job.inputFile === undefined ? {} : {inputConfig: {fileName: job.inputFile}}),
      ...(output === undefined ? {} : {output}),
      createTime: timestamp(job.createdMs),
      ...(end === undefined ? {} : {endTime: timestamp(end.atMs)}),
      updateTime: timestamp(
        end?.atMs ?? (phase === 'PENDING' ? job.createdMs : job.createdMs + job.pendingMs),
      ),
      batchStats: stats(job, nowMs),
      state: `BATCH_STATE_${end?.state ?? (phase === 'PENDING' ? 'PENDING' : 'RUNNING')}`,
      ...(job.webhookConfig === undefined ? {} : {webhookConfig: job.webhookConfig}),
      ...(job.priority === undefined ? {} : {priority: job.priority}),
      name: job.name,
    },
    ...(end === undefined ? {} : {done: true}),
    ...(end?.error === undefined ? {} : {error: end.error}),
    ...(output === undefined || end?.error !== undefined
      ? {}
      : {response: {'@type': `${type}Output`, ...output}}),
  };
}

function outputOf(
  {outputFile, inlineResponses}: JobEnd,
  hasInlineResponses: boolean,
): Record<string, unknown> | undefined {
  if (outputFile !== undefined) return {responsesFile: outputFile};
  if (inlineResponses === undefined || !hasInlineResponses) return undefined;
  return {inlinedResponses: {inlinedResponses: inlineResponses}};
}

/** Counters are text, and those that are zero are left out. */
function stats(job: Job, nowMs: number): Record<string, string> {
  const {successful, failed} = job.end?.counts ?? progress(job, nowMs);
  const counters = {
    requestCount: job.requestCount,
    pendingRequestCount: Math.max(0, job.requestCount - successful - failed),
    successfulRequestCount: successful,
    failedRequestCount: failed,
  };
  return Object.fromEntries(
    Object.entries(counters).flatMap(([name, count]) => (count > 0 ? [[name, String(count)]] : [])),
  );
}

/** Requests are answered evenly over the time that a job runs. */
export function progress(job: Job, nowMs: number): Pick<Counts, 'successful' | 'failed'> {
  const share = job.runningMs === 0 ? 0 : (nowMs - job.createdMs - job.pendingMs) / job.runningMs;
  return {successful: Math.floor(job.requestCount * Math.min(Math.max(share, 0), 1)), failed: 0};
}
