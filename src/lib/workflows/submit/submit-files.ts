/**
 * The use case of `gembatch submit`: a folder of request files becomes recorded batch jobs.
 *
 * The whole of it runs in one session of the job-info file, so that what the duplicate check read stays true until
 * the last job is recorded. Per file: check, upload, intent, create, record (`submit-file.ts`, `create-job.ts`);
 * several files at once. Creates of earlier runs whose fate is unknown are settled at the same time.
 */
import {setMaxListeners} from 'node:events';
import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import type {Session, StoreSnapshot} from '../../store/job-store.js';
import {chooseModel, type ModelWish} from './choose-model.js';
import {collectInputs} from './collect-inputs.js';
import {CreateGate} from './create-gate.js';
import {itemOutcome} from './file-outcome.js';
import {KnownJobs} from './known-jobs.js';
import {Lane} from './lane.js';
import {OpenIntents} from '../reconcile/open-intents.js';
import {settleEarlier} from '../reconcile/settle-earlier.js';
import {stillUnclear, type Settlement} from '../reconcile/settle-intents.js';
import {previewFile, submitFile} from './submit-file.js';
import type {FileOutcome, SettledIntent, SubmitResult, SubmitSummary} from './submit-report.js';
import type {CheckRun, RequestFileInput, SubmitDeps, SubmitOptions, SubmitRun} from './submit-run.js';

/** What to submit, and how. */
export interface SubmitInput extends SubmitTerms {
  /** Paths and glob patterns of request files. */
  readonly files: readonly string[];
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

/** How to submit. Times are in milliseconds. */
export interface SubmitTerms extends Omit<SubmitOptions, 'model'> {
  /** As the person wrote it; undefined takes the default model. */
  readonly model: string | undefined;
  /** Asks for consent to the successor of a default model that is gone; absent where nobody can be asked. */
  readonly consentToModel?: ModelWish['consent'];
  /** Checks everything, sends and writes nothing. */
  readonly isDryRun: boolean;
  /**
   * How many files are uploaded at once. With those that were uploaded and have their create, `2 * concurrency - 1` are under
   * way at most: with 1, one after the other. As many as are uploaded are checked ahead.
   */
  readonly concurrency: number;
  /** `input_file` of the files of whose open creates a person says that no job came of them. */
  readonly assumedNotCreated?: ReadonlySet<string>;
  /** How long creates may be refused for lack of quota before the run gives up; 0 for one try each. */
  readonly quotaWaitMs: number;
  /** How long to wait for the session lock; null for without limit. */
  readonly lockTimeoutMs: number | null;
  /** Asks the run to end: nothing new is begun, what is in flight is brought to its durable end. */
  readonly stop?: AbortSignal;
}

/** How `gembatch submit` submits where nothing else is said. */
export const SUBMIT_DEFAULTS = {
  model: undefined,
  isDryRun: false,
  isForced: false,
  isValidated: true,
  allowed: [],
  concurrency: 4,
  quotaWaitMs: 900_000,
  lockTimeoutMs: null,
  createGraceMs: 120_000,
} as const satisfies SubmitTerms;

/** One is read while the other is checked. More would only keep the first from being sent: checks wait for the processor. */
const INSPECTIONS_AT_ONCE = 2;

/** How the run, as a whole, is under way: what all its files share besides their options. */
interface Submission {
  readonly deps: SubmitDeps;
  readonly input: SubmitTerms;
  readonly options: SubmitOptions;
  readonly files: readonly RequestFileInput[];
  readonly halt: AbortController;
}

/**
 * Submits request files as batch jobs.
 *
 * When it returns, each job that was created is durable in the job-info file or, if that failed, in its journal.
 *
 * @throws GembatchError for what concerns the run as a whole before its first file: `NO_INPUT`, `MODEL_UNAVAILABLE`,
 *   `KEY_REFUSED`, `SERVICE`, `LOCKED`, `STORAGE`, `INTERRUPTED`. What concerns a file is in its outcome.
 */
export async function submitFiles(deps: SubmitDeps, input: SubmitInput): Promise<SubmitResult> {
  return submitInputs(deps, await collect(deps, input), input);
}

/** Submits request files that are known already, as `submitFiles` does. */
export async function submitInputs(
  deps: SubmitDeps,
  files: readonly RequestFileInput[],
  input: SubmitTerms,
): Promise<SubmitResult> {
  const startedMs = deps.clock.monotonic();
  const halt = haltOn(input.stop);
  const model = await chooseModel(deps.client, {
    model: input.model,
    ...(input.consentToModel === undefined ? {} : {consent: input.consentToModel}),
    stop: halt.signal,
    onWait: ({reason}) => deps.report({type: 'status', message: `Looking the model up: ${reason}`}),
  });

  const submission: Submission = {deps, input, options: {...input, model}, files, halt};
  const {outcomes, settled} = input.isDryRun
    ? await preview(submission)
    : await inSession(submission, (session) => submitAll(submission, session));

  const summary = summarise(outcomes, settled, halt, deps.clock.monotonic() - startedMs);
  deps.report({type: 'summary', summary});
  return {job_info: deps.store.path, model, dry_run: input.isDryRun, files: outcomes, settled, summary};
}

function haltOn(stop: AbortSignal | undefined): AbortController {
  const halt = new AbortController();
  // Every file that is sent listens. Node takes more than ten for a mistake, and says so on the terminal.
  setMaxListeners(0, halt.signal);
  // What a file is told that is not begun, or given up.
  const interrupt = (): void =>
    halt.abort(interruption('Stopped before it was created; nothing was paid for it.', stop?.reason));
  if (stop?.aborted) interrupt();
  stop?.addEventListener('abort', interrupt, {once: true});
  return halt;
}

async function collect({store}: SubmitDeps, {files, cwd}: SubmitInput): Promise<readonly RequestFileInput[]> {
  const inputs = await collectInputs(files, {cwd, identify: (path) => store.inputName(path)});
  if (inputs.length === 0) throw new GembatchError('NO_INPUT', 'No request file is named.');
  return inputs.map(({path, name}, position) => ({
    index: position + 1,
    path,
    name,
    inputFile: store.inputName(path),
  }));
}

async function inSession<T>(
  {deps, input, halt}: Submission,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return deps.store.withSession(
    {
      timeoutMs: input.lockTimeoutMs,
      signal: halt.signal,
      onWait: (holder) => deps.report({type: 'status', message: describeLockWait(holder, deps.store.path)}),
    },
    work,
  );
}

interface RunOutcomes {
  readonly outcomes: readonly FileOutcome[];
  readonly settled: readonly SettledIntent[];
}

async function preview(submission: Submission): Promise<RunOutcomes> {
  const snapshot = submission.deps.store.read();
  const unsettled = snapshot.openIntents.map((intent): Settlement => {
    const error = new GembatchError(
      'UNCLEAR',
      `${intent.input_file}: it is not known whether an earlier create worked; a submission finds out first.`,
    );
    return stillUnclear(intent, error);
  });
  const run: CheckRun = {
    ...checkRun(submission, snapshot),
    open: new OpenIntents(snapshot.openIntents, Promise.resolve(unsettled)),
  };
  return {
    outcomes: await eachFile(submission, (file) => previewFile(run, file)),
    settled: unsettled.map(({result}) => result),
  };
}

async function submitAll(submission: Submission, session: Session): Promise<RunOutcomes> {
  const {deps, input} = submission;
  const snapshot = session.snapshot();
  const shared = checkRun(submission, snapshot);
  const settling = settleEarlier(
    {
      deps,
      session,
      known: shared.known,
      halt: submission.halt,
      createGraceMs: input.createGraceMs,
      isAssumedNotCreated: (intent) => input.assumedNotCreated?.has(intent.input_file) === true,
    },
    snapshot.openIntents,
  );
  const run: SubmitRun = {
    ...shared,
    open: new OpenIntents(snapshot.openIntents, settling),
    session,
    gate: new CreateGate(deps.clock, input.quotaWaitMs),
    sends: new Lane(sendsAtOnce(input)),
    uploads: new Lane(input.concurrency),
  };

  const outcomes = await eachFile(submission, (file) => submitFile(run, file));
  const settlements = await settling;
  return {outcomes, settled: settlements.map(({result}) => result)};
}

function checkRun({deps, options, halt}: Submission, snapshot: StoreSnapshot): Omit<CheckRun, 'open'> {
  for (const {line, reason} of snapshot.problems) {
    deps.report({
      type: 'warning',
      message: `${deps.store.path}:${line}: ${reason}; the line is kept as it is`,
    });
  }
  return {
    ...deps,
    options,
    known: new KnownJobs(snapshot),
    claims: new Map(),
    inspections: new Lane(INSPECTIONS_AT_ONCE),
    halt,
  };
}

function eachFile(
  {deps, input, files}: Submission,
  work: (file: RequestFileInput) => Promise<FileOutcome>,
): Promise<FileOutcome[]> {
  deps.report({type: 'files', files: files.map(({index, name}) => ({index, name}))});
  // Those that are checked ahead wait to be sent.
  return pMap(files, work, {concurrency: sendsAtOnce(input) + input.concurrency, stopOnError: false});
}

/** A create is an answer to wait for and nothing to send: the next uploads need not wait for it, too. */
function sendsAtOnce({concurrency}: SubmitTerms): number {
  return 2 * concurrency - 1;
}

function summarise(
  outcomes: readonly FileOutcome[],
  settled: readonly SettledIntent[],
  halt: AbortController,
  durationMs: number,
): SubmitSummary {
  const number = (kind: FileOutcome['outcome']): number =>
    outcomes.filter(({outcome}) => outcome === kind).length;
  const counted = outcomes.filter(({outcome}) => outcome === 'submitted' || outcome === 'would_submit');
  const unsettled = settled
    .filter(({outcome}) => outcome === 'unclear')
    .map((): ItemOutcome => ({kind: 'unclear'}));
  return {
    files: outcomes.length,
    submitted: number('submitted'),
    skipped: number('skipped'),
    would_submit: number('would_submit'),
    failed: number('failed'),
    unclear: number('unclear'),
    not_started: number('not_started'),
    requests: counted.reduce((sum, {count}) => sum + (count ?? 0), 0),
    bytes: counted.reduce((sum, {size_bytes}) => sum + (size_bytes ?? 0), 0),
    duration_ms: Math.round(durationMs),
    exit_code: exitCodeOf([...outcomes.map(itemOutcome), ...unsettled], fatalError(halt)),
  };
}

function fatalError({signal}: AbortController): GembatchError | undefined {
  return signal.reason instanceof GembatchError ? signal.reason : undefined;
}
