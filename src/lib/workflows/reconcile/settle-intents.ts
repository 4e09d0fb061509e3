/**
 * Finds out what became of creates whose answer never came.
 *
 * A create is never sent again while its fate is unknown. It is looked up in the service's list, by display name,
 * which carries its attempt, and by the uploaded file that the service echoes. Found: the job is adopted. Absent: the
 * list is asked again until the grace time has passed, because a new job may show up late, and only then is the
 * intent aborted. A list that cannot be read proves nothing, nor does one that lacks all of the jobs that are known to
 * run: it may be empty by a fault, or that of another project. The intent stays open then.
 */
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {Clock} from '../../domain/clock.js';
import {CREATE_TIMEOUT_MS} from '../../domain/create-timeout.js';
import {GembatchError} from '../../domain/errors.js';
import {awaitsService} from '../../domain/job/job-progress.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';
import type {Session} from '../../store/job-store.js';
import type {SettledIntent} from '../submit/submit-report.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
/**
 * One list may be wrong, and a second one asked at once is wrong in the same way: between the first list that lacks a
 * job and the one that proves it, so much time passes at least.
 */
const CONFIRMATION_MS = 10_000;

/** What settling needs from the outside. */
export interface SettleDeps {
  readonly client: BatchService;
  readonly clock: Clock;
}

/** The terms under which intents are settled. */
export interface SettleOptions {
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly graceMs: number;
  /**
   * When the create may have been sent last: `intent` where only the time of the intent is known, `now` where the
   * create has just ended without an answer.
   */
  readonly graceFrom: 'intent' | 'now';
  /** Stops waiting; what is not found by then stays unclear. */
  readonly stop: AbortSignal;
  /** Told before each wait: for jobs that may show up late, or only for a second list that confirms the first. */
  readonly onWait?: (intents: readonly Intent[], delayMs: number, isConfirming: boolean) => void;
}

/** An intent whose fate is decided, or still unknown; `record` is there when its job was adopted. */
export interface Settlement {
  readonly intent: Intent;
  readonly result: SettledIntent;
  readonly record?: JobRecord;
  /** Why it is still unknown. */
  readonly error?: GembatchError;
}

/**
 * Settles intents against the service's list of batch jobs and notes the result in the journal.
 *
 * When it returns, each adopted job and each abort is durable. Intents that stay unclear are untouched.
 *
 * @throws GembatchError `STORAGE` or `LOCK_LOST` when the journal cannot be written.
 */
export async function settleIntents(
  deps: SettleDeps,
  session: Session,
  intents: readonly Intent[],
  options: SettleOptions,
): Promise<readonly Settlement[]> {
  const settled: Settlement[] = [];
  let open = intents.map((intent): OpenIntent => ({
    intent,
    deadlineMs: deps.clock.monotonic() + graceLeft(intent, deps.clock, options),
  }));

  for (let pauseMs = FIRST_PAUSE_MS; open.length > 0; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const askedMs = deps.clock.monotonic();
    const list = await listCandidates(deps.client, session, {
      intents: open.map(({intent}) => intent),
      stop: options.stop,
    });
    if (list instanceof GembatchError) {
      return [...settled, ...open.map(({intent}) => stillUnclear(intent, list))];
    }

    const waiting: OpenIntent[] = [];
    for (const entry of open) {
      const candidates = list.found.get(entry.intent.attempt) ?? [];
      if (candidates.length === 0 && (entry.isConfirmable !== true || askedMs < entry.deadlineMs)) {
        waiting.push(afterAbsence(entry, askedMs));
      } else if (candidates.length === 0 && list.doubt !== undefined) {
        settled.push(stillUnclear(entry.intent, list.doubt));
      } else {
        settled.push(settle(session, entry.intent, candidates));
      }
    }
    open = waiting;
    if (open.length === 0) break;
    if (options.stop.aborted)
      return [...settled, ...open.map(({intent}) => stillUnclear(intent, stoppedError(intent)))];

    const nextDeadlineMs = Math.min(...open.map(({deadlineMs}) => deadlineMs));
    const delayMs = Math.max(0, Math.min(pauseMs, nextDeadlineMs - deps.clock.monotonic()));
    options.onWait?.(
      open.map(({intent}) => intent),
      delayMs,
      open.every(({isConfirmingOnly}) => isConfirmingOnly),
    );
    await deps.clock.sleep(delayMs, options.stop);
  }
  return settled;
}

/** An intent that is not settled yet. */
interface OpenIntent {
  readonly intent: Intent;
  /** When its absence in the list proves that no job came of it, by the monotonic clock. */
  readonly deadlineMs: number;
  /** Whether an earlier list lacked it too. */
  readonly isConfirmable?: boolean;
  /** Whether the grace time was over at the first list, so that only the confirmation is waited for. */
  readonly isConfirmingOnly?: boolean;
}

/** Notes that a list lacked the job: another one has to say the same, some time later. */
function afterAbsence(entry: OpenIntent, askedMs: number): OpenIntent {
  if (entry.isConfirmable === true) return entry;
  const confirmedMs = askedMs + CONFIRMATION_MS;
  return {
    intent: entry.intent,
    deadlineMs: Math.max(entry.deadlineMs, confirmedMs),
    isConfirmable: true,
    isConfirmingOnly: entry.deadlineMs <= confirmedMs,
  };
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
    attempt: intent.attempt,
    submitted_at: submittedAt,
    ...(intent.retry_of === undefined ? {} : {retry_of: intent.retry_of}),
  };
}

/**
 * How much is left of the time in which a job may show up. Where only the intent is known, its create may have been
 * under way until its time-out. The intent may come from a machine with another clock: an intent dated in the future
 * gets the whole time, never more.
 */
function graceLeft(intent: Intent, clock: Clock, {graceMs, graceFrom}: SettleOptions): number {
  if (graceFrom === 'now') return graceMs;
  const wholeMs = CREATE_TIMEOUT_MS + graceMs;
  const ageMs = clock.now() - Date.parse(intent.intended_at);
  return Number.isFinite(ageMs) && ageMs > 0 ? Math.max(0, wholeMs - ageMs) : wholeMs;
}

/** What the service's list says about creates. */
interface Listing {
  /** Jobs that answer to a create, by its attempt. */
  readonly found: ReadonlyMap<string, readonly BatchJob[]>;
  /** Why the list does not prove that what it lacks does not exist. */
  readonly doubt?: GembatchError;
}

/** Looks all of the service's list through; an error when it cannot be read to its end. */
async function listCandidates(
  client: BatchService,
  session: Session,
  {intents, stop}: {readonly intents: readonly Intent[]; readonly stop: AbortSignal},
): Promise<Listing | GembatchError> {
  const attemptByName = new Map(intents.map((intent) => [intent.display_name, intent.attempt]));
  const attemptByFile = new Map(intents.map((intent) => [intent.uploaded_file_name, intent.attempt]));
  const unseen = new Set(runningJobs(session));
  const runningCount = unseen.size;
  const found = new Map<string, BatchJob[]>();
  try {
    for await (const page of client.listBatches({signal: stop})) {
      for (const batch of page) {
        unseen.delete(batch.name);
        const attempt =
          attemptByName.get(batch.display_name ?? '') ?? attemptByFile.get(batch.src?.file_name ?? '');
        if (attempt !== undefined) found.set(attempt, [...(found.get(attempt) ?? []), batch]);
      }
    }
  } catch (error) {
    if (error instanceof GembatchError) return error;
    throw error;
  }
  const isDoubtful = runningCount > 0 && unseen.size === runningCount && found.size === 0;
  return {found, ...(isDoubtful ? {doubt: doubtfulListError(runningCount)} : {})};
}

/** Jobs that the service must have in its list: those that were not over when it was asked last. */
function runningJobs(session: Session): readonly string[] {
  return session.snapshot().records.flatMap(({record}) => (awaitsService(record) ? [record.batch.name] : []));
}

/** An empty list, or that of another project, does not prove that a job does not exist. */
function doubtfulListError(runningCount: number): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `The service's list of batch jobs has none of the ${runningCount} recorded ones that run, so it does not prove that a create had no effect.`,
    {
      suggestions: [
        'Check that the API key belongs to the project of these jobs; then run "gembatch poll", which asks for each job by name, and this command again.',
      ],
    },
  );
}

function settle(session: Session, intent: Intent, candidates: readonly BatchJob[]): Settlement {
  const [batch, ...others] = distinct(candidates);
  if (batch === undefined) return abort(session, intent);
  if (others.length > 0) return stillUnclear(intent, ambiguousError(intent, [batch, ...others]));

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
      message: `the create of ${intent.input_file} had worked: ${batch.name} is recorded now and was not sent again`,
    },
  };
}

/** A job that moves between two pages while they are read is listed twice; it is one job. */
function distinct(candidates: readonly BatchJob[]): readonly BatchJob[] {
  return [...new Map(candidates.map((batch) => [batch.name, batch])).values()];
}

function abort(session: Session, intent: Intent): Settlement {
  session.abort(intent.attempt, 'not in the list of batch jobs after the grace time');
  return {
    intent,
    result: {
      file: intent.input_file,
      attempt: intent.attempt,
      outcome: 'aborted',
      message: `the create of ${intent.input_file} had not worked: the service has no such batch job, nothing was paid for it`,
    },
  };
}

/** An intent whose fate is still not known, and why. */
export function stillUnclear(intent: Intent, error: GembatchError): Settlement {
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
    `${intent.input_file}: more than one batch job answers to its one create (${names}); none is adopted and nothing is sent again.`,
    {
      suggestions: [
        `Look at these jobs, then record the right one: gembatch adopt ${candidates[0]?.name ?? ''}`,
      ],
      details: {candidates: names},
    },
  );
}

function stoppedError(intent: Intent): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `${intent.input_file}: stopped before it was known whether its batch job exists; the create is in the journal.`,
  );
}
