/**
 * Finds out what became of creates whose answer never came.
 *
 * A create is never sent again while its outcome is unknown. It is looked up in the service's list (`created-jobs.ts`).
 * Found: the job is adopted. Absent: the list is asked again until the grace time has passed, because a new job may show
 * up late, and only then is the intent aborted, if its upload can be seen. A list that cannot be read proves nothing, nor
 * does that of another project. The intent stays open then, and a person may decide it.
 */
import {backoffMs} from '../../domain/backoff.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';
import type {Session} from '../../store/job-store.js';
import type {EarlierCreate} from '../submit/submit-report.js';
import {
  absent,
  graceLeft,
  isConfirmingOnly,
  opened,
  type OpenIntent,
  type WaitingIntent,
  type GraceTerms,
} from './grace-time.js';
import {doubtOfProject, listCreatedJobs} from './created-jobs.js';
import {ownCommand} from '../../domain/program-name.js';

const PAUSES = {firstMs: 1_000, longestMs: 15_000};

export interface ReconcileDeps {
  readonly client: BatchService;
  readonly clock: Clock;
}

/** The terms of a reconciliation. */
export interface ReconcileOptions extends GraceTerms {
  /** Since when lists of earlier looks have lacked the job of a create, by its attempt and the monotonic clock. */
  readonly absentSince?: ReadonlyMap<string, number>;
  /** Whether the user says that no job came of a create whose outcome is unknown. */
  readonly isAssumedNotCreated?: (intent: Intent) => boolean;
  /** Stops waiting; what is not found by then stays unclear. */
  readonly stop: AbortSignal;
  /** Called before each wait. */
  readonly onWait?: (wait: ListWait) => void;
}

/** A pause before the list is asked again. */
export interface ListWait {
  readonly intents: readonly Intent[];
  readonly delayMs: number;
  /** How much longer this may take altogether, in milliseconds. */
  readonly leftMs: number;
  /** Whether only a second list is waited for, which confirms the first. */
  readonly isConfirming: boolean;
}

/** An intent whose outcome is decided, or still unknown; `record` is there when its job was adopted. */
export interface ReconciledIntent {
  readonly intent: Intent;
  readonly result: EarlierCreate;
  readonly record?: JobRecord;
  /** Why it is still unknown. */
  readonly error?: GembatchError;
  /** Since when lists have lacked its job, by the monotonic clock, where asking again may still tell. */
  readonly absentSinceMs?: number;
}

/**
 * Reconciles intents with the service's list of batch jobs and notes the result in the journal.
 *
 * When it returns, each adopted job and each abort is durable. Intents that stay unclear are untouched.
 *
 * @throws GembatchError `STORAGE` or `LOCK_LOST` when the journal cannot be written.
 */
export async function reconcileIntents(
  deps: ReconcileDeps,
  session: Session,
  intents: readonly Intent[],
  options: ReconcileOptions,
): Promise<readonly ReconciledIntent[]> {
  const startedMs = deps.clock.monotonic();
  const reconciled: ReconciledIntent[] = [];
  let open: readonly OpenIntent[] = intents.map((intent) => opened(intent, options.absentSince));

  for (let looks = 0; open.length > 0; looks += 1) {
    const askedMs = deps.clock.monotonic();
    const list = await listCreatedJobs(deps.client, session, {
      intents: open.map(({intent}) => intent),
      stop: options.stop,
    });
    if (list instanceof GembatchError) {
      return [...reconciled, ...open.map((entry) => unanswered(entry, list))];
    }

    const waiting: WaitingIntent[] = [];
    for (const entry of open) {
      const {intent} = entry;
      const graceMs = entry.graceMs ?? startedMs + graceLeft(intent, deps.client, {...options, startedMs});
      const candidates = list.found.get(intent.attempt) ?? [];
      const contradicting = list.contradicting.get(intent.attempt) ?? [];
      if (contradicting.length > 0) {
        reconciled.push(stillUnclear(intent, contradictionError(intent, contradicting)));
      } else if (candidates.length > 0) {
        reconciled.push(adopt(session, intent, candidates));
      } else {
        const now = absent({...entry, graceMs}, askedMs);
        if (askedMs < now.deadlineMs) waiting.push(now);
        else reconciled.push(await decideAbsent(deps, session, {intent, doubt: list.doubt, options}));
      }
    }
    open = waiting;
    if (waiting.length === 0) break;
    if (options.stop.aborted) return [...reconciled, ...waiting.map((entry) => stopped(entry))];
    await waitForList(deps.clock, waiting, {...options, pauseMs: backoffMs(PAUSES, looks)});
  }
  return reconciled;
}

async function waitForList(
  clock: Clock,
  waiting: readonly WaitingIntent[],
  {pauseMs, onWait, stop}: Pick<ReconcileOptions, 'onWait' | 'stop'> & {pauseMs: number},
): Promise<void> {
  const nowMs = clock.monotonic();
  const deadlines = waiting.map(({deadlineMs}) => deadlineMs);
  const delayMs = Math.max(0, Math.min(pauseMs, Math.min(...deadlines) - nowMs));
  onWait?.({
    intents: waiting.map(({intent}) => intent),
    delayMs,
    leftMs: Math.max(delayMs, Math.max(...deadlines) - nowMs),
    isConfirming: waiting.every((entry) => isConfirmingOnly(entry)),
  });
  await clock.sleep(delayMs, stop);
}

/** The job record of a created or adopted job. */
export function recordOf(intent: Intent, batch: BatchJob, submittedAt: string): JobRecord {
  const {model = intent.model} = batch;
  return {
    input_file: intent.input_file,
    count: intent.count,
    uploaded_file_name: intent.uploaded_file_name,
    batch: {...batch, model},
    // An alias of a model is answered with the model behind it.
    ...(model === intent.model ? {} : {requested_model: intent.model}),
    sha256: intent.sha256,
    size_bytes: intent.size_bytes,
    ...(intent.object === undefined ? {} : {object: intent.object}),
    attempt: intent.attempt,
    submitted_at: submittedAt,
    ...(intent.retry_of === undefined ? {} : {retry_of: intent.retry_of}),
    ...(intent.part_of === undefined ? {} : {part_of: intent.part_of}),
    ...(intent.estimate === undefined ? {} : {estimate: intent.estimate}),
    ...(intent.service_url === undefined ? {} : {service_url: intent.service_url}),
    ...(intent.results_left === undefined ? {} : {results_left: intent.results_left}),
  };
}

function adopt(session: Session, intent: Intent, candidates: readonly BatchJob[]): ReconciledIntent {
  const [batch, ...others] = distinct(candidates);
  if (batch === undefined || others.length > 0)
    return stillUnclear(intent, ambiguousError(intent, distinct(candidates)));

  const record = recordOf(intent, batch, batch.create_time ?? intent.intended_at);
  session.done(intent.attempt, record);
  return {
    intent,
    record,
    result: {
      file: intent.input_file,
      attempt: intent.attempt,
      outcome: 'adopted',
      job: batch.name,
      message: `Recovered ${intent.input_file}: its job ${batch.name} already existed. Nothing was sent twice.`,
    },
  };
}

/** Decides about a create whose job is not in the list although the grace time is over. */
async function decideAbsent(
  {client}: ReconcileDeps,
  session: Session,
  found: {intent: Intent; doubt: GembatchError | undefined; options: ReconcileOptions},
): Promise<ReconciledIntent> {
  const {intent, options} = found;
  const doubt = (await doubtOfProject(client, intent, options.stop)) ?? found.doubt;
  if (doubt === undefined) {
    return abort(session, intent, {
      reason: 'not in the list of batch jobs after the grace time',
      message: `${intent.input_file}: its earlier create had no effect. The service has no such job, and nothing was paid.`,
    });
  }
  if (doubt.code !== 'UNCLEAR' || options.isAssumedNotCreated?.(intent) !== true)
    return stillUnclear(intent, doubt);
  return abort(session, intent, {
    reason: 'a person says that no job was made',
    message: `${intent.input_file}: as you said, its earlier create made no job.`,
  });
}

/** A job that moves between two pages while they are read is listed twice; it is one job. */
function distinct(candidates: readonly BatchJob[]): readonly BatchJob[] {
  return [...new Map(candidates.map((batch) => [batch.name, batch])).values()];
}

function abort(
  session: Session,
  intent: Intent,
  {reason, message}: {reason: string; message: string},
): ReconciledIntent {
  session.abort(intent.attempt, reason);
  return {
    intent,
    result: {file: intent.input_file, attempt: intent.attempt, outcome: 'aborted', message},
  };
}

/** An intent whose outcome is still unknown, and why. */
export function stillUnclear(intent: Intent, error: GembatchError): ReconciledIntent {
  return {
    intent,
    error,
    result: {file: intent.input_file, attempt: intent.attempt, outcome: 'unclear', message: error.message},
  };
}

function ambiguousError(intent: Intent, candidates: readonly BatchJob[]): GembatchError {
  const names = candidates.map(({name}) => name).join(', ');
  return new GembatchError(
    'UNCLEAR',
    `${intent.input_file}: several batch jobs may have come from one create (${names}). None was recorded, and nothing was sent again.`,
    {
      suggestions: [
        `Look at these jobs, then record the right one: ${ownCommand(`adopt ${candidates[0]?.name ?? ''}`)}`,
      ],
      details: {candidates: names},
    },
  );
}

function contradictionError(intent: Intent, jobs: readonly BatchJob[]): GembatchError {
  const names = jobs.map(({name}) => name).join(', ');
  return new GembatchError(
    'UNCLEAR',
    `${intent.input_file}: ${names} may be its batch job, but display name and input file do not match. It was not recorded, and nothing was sent again.`,
    {
      suggestions: [
        `Look at the job; if it is the one: ${ownCommand(`adopt ${jobs[0]?.name ?? ''} --file ${intent.input_file}`)}`,
      ],
      details: {candidates: names},
    },
  );
}

function unanswered({intent, absentSinceMs}: OpenIntent, error: GembatchError): ReconciledIntent {
  return {...stillUnclear(intent, error), ...(absentSinceMs === undefined ? {} : {absentSinceMs})};
}

function stopped({intent, absentSinceMs}: WaitingIntent): ReconciledIntent {
  const error = new GembatchError(
    'UNCLEAR',
    `${intent.input_file}: stopped before it was clear whether its batch job exists; the journal keeps it for the next run.`,
  );
  return {...stillUnclear(intent, error), absentSinceMs};
}
