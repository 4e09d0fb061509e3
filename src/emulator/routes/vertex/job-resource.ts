import {timestamp} from '../../control/clock.js';
import {phaseOf, progress, type Job} from '../../jobs/job.js';

/** The job as Vertex AI describes it, https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs. */
export function vertexJobResource(job: Job, nowMs: number): Record<string, unknown> {
  const {end, vertex} = job;
  const isPending = phaseOf(job, nowMs) === 'PENDING';
  const hasOutput = end?.outputDirectory !== undefined && nowMs >= end.atMs + job.outputDelayMs;
  const startedMs = job.createdMs + job.pendingMs;
  return {
    name: job.name,
    displayName: job.displayName,
    model: job.model.replace('models/', 'publishers/google/models/'),
    inputConfig: {instancesFormat: 'jsonl', gcsSource: {uris: [job.inputFile]}},
    outputConfig: {
      predictionsFormat: 'jsonl',
      gcsDestination: {outputUriPrefix: vertex?.outputPrefix},
    },
    ...(hasOutput ? {outputInfo: {gcsOutputDirectory: end.outputDirectory}} : {}),
    state: `JOB_STATE_${end?.state ?? openState(job, isPending)}`,
    createTime: timestamp(job.createdMs),
    ...(isPending ? {} : {startTime: timestamp(startedMs)}),
    ...(end === undefined ? {} : {endTime: timestamp(end.atMs)}),
    updateTime: timestamp(end?.atMs ?? (isPending ? job.createdMs : startedMs)),
    ...(end?.error === undefined ? {} : {error: end.error}),
    ...(end === undefined && isPending ? {} : {completionStats: completionStats(job, nowMs)}),
    labels: vertex?.labels ?? {},
    modelVersionId: '1',
  };
}

function openState({isCancelling}: Job, isPending: boolean): string {
  if (isCancelling === true) return 'CANCELLING';
  return isPending ? 'PENDING' : 'RUNNING';
}

/** Counters are text, and those that are zero are left out. */
function completionStats(job: Job, nowMs: number): Record<string, string> {
  const {successful, failed} = job.end?.counts ?? progress(job, nowMs);
  const counters = {
    successfulCount: successful,
    failedCount: failed,
    incompleteCount: Math.max(0, job.requestCount - successful - failed),
  };
  return Object.fromEntries(
    Object.entries(counters).flatMap(([name, count]) => (count > 0 ? [[name, String(count)]] : [])),
  );
}
