/**
 * The use case of `gembatch submit`: a folder of request files becomes recorded batch jobs.
 *
 * The whole of it runs in one session of the job-info file, so that what the duplicate check read stays true until
 * the last job is recorded. Per file: check, upload, intent, create, record (`submission.ts`, `create-job.ts`);
 * several files at once. Creates of earlier runs whose outcome is unknown are looked up at the same time.
 */
import {setMaxListeners} from 'node:events';
import pLimit from 'p-limit';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import type {Intent} from '../../domain/job/job-record.js';
import {isOfService} from '../../domain/service/service-address.js';
import {isReached, SERVICE_NAMES, serviceOfFile} from '../../domain/service/service-of.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import type {OpenedSession, Session, StoreSnapshot} from '../../store/job-store.js';
import {retirementWarning} from '../../domain/price/retirement.js';
import {PRICES} from '../../domain/price/prices.js';
import {costRoom} from '../cost/cost-room.js';
import {FileEstimator} from '../estimate/file-estimator.js';
import {OpenIntents} from '../reconcile/open-intents.js';
import {OwnJobs} from '../reconcile/own-jobs.js';
import {reconcileEarlier} from '../reconcile/reconcile-journal.js';
import {stillUnclear, type ReconciledIntent} from '../reconcile/reconcile-intents.js';
import {isEmbeddingModel, modelLabel} from '../../domain/service/model-choice.js';
import {collectRequestFiles} from './collect-inputs.js';
import {listObjects, unreadText} from './list-objects.js';
import {CreateLimiter} from './create-limiter.js';
import {expectedCost} from './expected-cost.js';
import {InFlight} from './duplicates/in-flight.js';
import {KnownJobs} from './duplicates/known-jobs.js';
import {modelFor} from './model/model-look-up.js';
import {ProjectLook} from './duplicates/project-look.js';
import {Submission} from './submission.js';
import type {SubmitResult} from './submit-report.js';
import type {RequestFile} from './collect-inputs.js';
import type {Pass, SubmitDeps, SubmitOptions, SubmitRun} from './submit-run.js';

/** What to submit, and how. */
export interface SubmitInput extends SubmitOptions {
  /** Paths and glob patterns of request files. */
  readonly files: readonly string[];
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

/** How `gembatch submit` submits where nothing else is said. */
export const SUBMIT_DEFAULTS = {
  model: undefined,
  isDryRun: false,
  isForced: false,
  ifChanged: 'fail',
  isValidated: true,
  allowed: [],
  concurrency: 8,
  quotaWaitMs: 900_000,
  lockTimeoutMs: null,
  createGraceMs: 120_000,
} as const satisfies SubmitOptions;

/** How many bytes are read for the estimate of a submission without a cap: of all files together, and of each at least. */
const COUNTED_BYTES = 1024 ** 2;
const SMALL_SAMPLE_BYTES = 32 * 1024;

/** One is read while the other is checked. With more, each check takes longer, and the first file is sent later. */
const INSPECTIONS_AT_ONCE = 2;

/**
 * Submits request files as batch jobs.
 *
 * When it returns, each job that was created is durable in the job-info file or, if that failed, in its journal.
 *
 * @throws GembatchError for what concerns the run as a whole before its first file: `NO_INPUT`, `MODEL_UNAVAILABLE`,
 *   `KEY_REFUSED`, `SERVICE`, `LOCKED`, `STORAGE`, `INTERRUPTED`. What concerns a file is in its outcome.
 */
export async function submitFiles(deps: SubmitDeps, input: SubmitInput): Promise<SubmitResult> {
  const {store} = deps;
  const named = await collectRequestFiles(input.files, store, input.cwd);
  const files = await listObjects(deps.client, named, input.stop === undefined ? {} : {signal: input.stop});
  const submission = await openSubmission(deps, files, input);
  const limit = pLimit(submission.concurrency);
  return submission.closeAfter(limit.map(submission.files, (file) => submission.submitOne(file)));
}

/**
 * Opens a submission: waits for the session, looks the model up, begins to reconcile the creates that are open. The caller then
 * runs `submitOne` for each of its files, at most `concurrency` at once, and hands that work to `closeAfter`.
 *
 * @throws GembatchError as `submitFiles`.
 */
export async function openSubmission(
  deps: SubmitDeps,
  files: readonly RequestFile[] | ChoosePass,
  options: SubmitOptions,
): Promise<Submission> {
  const startedMs = deps.clock.monotonic();
  const over = new AbortController();
  const halt = haltOn(options.stop, over.signal);
  let opened: OpenedSession | null = null;
  const finish = async (): Promise<void> => {
    over.abort();
    await opened?.finish();
  };
  try {
    if (!options.isDryRun) opened = await openSession(deps, options, halt);
    const session = opened?.session ?? null;
    const snapshot = session?.snapshot() ?? deps.store.read();
    deps.store.requireReadable(snapshot, 'Nothing was sent.');
    const known = new KnownJobs(snapshot, deps.store, deps.client.address);
    const pass = typeof files === 'function' ? files(snapshot, known) : null;
    const chosen = typeof files === 'function' ? (pass?.files ?? []) : files;
    const {model, maySend, checks} = await modelFor(deps, options, {
      files: pass?.estimated ?? chosen,
      known,
      halt,
    });
    if (options.webhookUri !== undefined && isEmbeddingModel(model)) throw noWebhook(model);
    const start = {files: chosen, pass, snapshot, known, session, maySend, finish, startedMs};
    return await begin({...deps, options, model, halt, checks}, start);
  } catch (error) {
    await finish();
    throw error;
  }
}

function noWebhook(model: string): GembatchError {
  return new GembatchError('USAGE', `Batch jobs of embeddings (${modelLabel(model)}) call no webhook.`, {
    suggestions: ['Leave out --webhook; "poll --on-done COMMAND" runs a command when they are done.'],
  });
}

/** Chooses what to submit, from the job-info file as it is once the session is held. */
export type ChoosePass = (snapshot: StoreSnapshot, known: KnownJobs) => Pass;

/** The session, and what was read and chosen in it. */
interface SubmissionStart {
  readonly files: readonly RequestFile[];
  /** Null when everything may be sent. */
  readonly pass: Pass | null;
  readonly snapshot: StoreSnapshot;
  readonly known: KnownJobs;
  readonly session: Session | null;
  /** Whether there is anything to send, as far as a short look tells. */
  readonly maySend: boolean;
  /** Closes the session. */
  readonly finish: () => Promise<void>;
  readonly startedMs: number;
}

async function begin(
  parts: Pick<SubmitRun, keyof SubmitDeps | 'checks' | 'halt' | 'model' | 'options'>,
  {files, pass, snapshot, known, session, maySend, finish, startedMs}: SubmissionStart,
): Promise<Submission> {
  const {clock, client, halt, model, options, report, store} = parts;
  const {address} = client;
  const openIntents = snapshot.openIntents.filter((intent) => isOfService(intent, address));
  const reconciling = reconcile(parts, {session, known, intents: openIntents});
  const ownJobs = new OwnJobs({store, client, isRecorded: (job) => known.hasJob(job)}, {signal: halt.signal});
  const isNew = ({inputFile}: RequestFile): boolean => known.ofInputFile(inputFile) === undefined;
  if (maySend && !options.isForced && files.some(isNew)) ownJobs.begin();
  const run: SubmitRun = {
    ...parts,
    session,
    known,
    open: new OpenIntents(openIntents, reconciling),
    inFlight: new InFlight(),
    pass,
    estimator: estimatorFor(parts, snapshot, files.length),
    costRoom: await costRoom(store, snapshot, {
      caps: options.caps ?? {},
      named: pass?.named ?? files.map(({inputFile}) => inputFile),
      prices: options.prices ?? PRICES,
      nowMs: clock.now(),
      signal: halt.signal,
    }),
    ownJobs,
    project: new ProjectLook(
      {client, clock, onWait: (message) => report({type: 'status', message})},
      snapshot.records.map(({record}) => record),
      {signal: halt.signal},
    ),
    limits: {
      inspections: pLimit(INSPECTIONS_AT_ONCE),
      estimates: pLimit(INSPECTIONS_AT_ONCE),
      // A file that waits for the answer to its create sends nothing, so another upload can use the line.
      sends: pLimit(2 * options.concurrency - 1),
      uploads: pLimit(options.concurrency),
      creates: new CreateLimiter(clock, options.quotaWaitMs),
    },
  };
  report({type: 'files', files: files.map(({index, name}) => ({index, name}))});
  const estimated = pass?.estimated ?? files;
  const estimate = options.isDryRun || !maySend ? undefined : await expectedCost(run, estimated);
  if (estimate !== undefined && estimate !== null) report({type: 'estimate', estimate});
  const unread = estimate === undefined && !options.isDryRun ? undefined : unreadText(estimated, options);
  if (unread !== undefined) report({type: 'status', message: unread});
  const warning = retirementWarning(options.prices ?? PRICES, model, clock.now());
  if (warning !== undefined && estimated.length > 0) report({type: 'warning', message: warning});
  return new Submission(run, files, {estimate, startedMs, reconciling, finish});
}

function estimatorFor(
  {model, options, clock, client}: Pick<SubmitRun, 'model' | 'options' | 'clock' | 'client'>,
  {records}: StoreSnapshot,
  files: number,
): FileEstimator {
  const isCapped = Object.values(options.caps ?? {}).some((cap) => cap !== undefined);
  return new FileEstimator({
    // A cap needs the whole count; for a line on the screen a sample is enough.
    ...(isCapped ? {} : {sampleBytes: Math.max(SMALL_SAMPLE_BYTES, COUNTED_BYTES / files)}),
    model,
    service: client.services[0],
    prices: options.prices ?? PRICES,
    records: records.map(({record}) => record),
    nowMs: clock.now(),
  });
}

/**
 * What ends a submission early: `stop`, or an error that concerns every file.
 *
 * @param over - when it aborts, `stop` is no longer listened to: many submissions may share it.
 */
export function haltOn(stop: AbortSignal | undefined, over?: AbortSignal): AbortController {
  const halt = new AbortController();
  // Every file that is sent listens. Node warns on the terminal about more than ten listeners.
  setMaxListeners(0, halt.signal);
  // The error of the files that were not started or not finished.
  const interrupt = (): void =>
    halt.abort(interruption('Stopped before its batch job was created; nothing was paid.', stop?.reason));
  if (stop?.aborted) interrupt();
  stop?.addEventListener('abort', interrupt, {once: true, ...(over === undefined ? {} : {signal: over})});
  return halt;
}

async function openSession(
  {store, report, openedSession}: SubmitDeps,
  {lockTimeoutMs}: SubmitOptions,
  halt: AbortController,
): Promise<OpenedSession> {
  if (openedSession !== undefined)
    return {session: openedSession, finish: async () => openedSession.publish()};
  return store.openSession({
    timeoutMs: lockTimeoutMs,
    signal: halt.signal,
    onWait: (holder) => report({type: 'status', message: describeLockWait(holder, store.path)}),
  });
}

/** Reconciles the creates that earlier runs left open; with `--dry-run` they stay as they are. */
async function reconcile(
  {options, halt, ...deps}: Pick<SubmitRun, keyof SubmitDeps | 'halt' | 'options'>,
  {session, known, intents}: {session: Session | null; known: KnownJobs; intents: readonly Intent[]},
): Promise<readonly ReconciledIntent[]> {
  if (session !== null) {
    const {createGraceMs, assumedNotCreated} = options;
    const isAssumedNotCreated = (intent: Intent): boolean =>
      assumedNotCreated?.has(intent.input_file) === true;
    const {services} = deps.client;
    const earlier = {deps, session, known, halt, createGraceMs, isAssumedNotCreated};
    const elsewhere = intents.filter((intent) => !isReached(services, intent));
    const reached = intents.filter((intent) => isReached(services, intent));
    return [
      ...(await reconcileEarlier(earlier, reached)),
      ...elsewhere.map((intent) => stillUnclear(intent, elsewhereError(intent))),
    ];
  }
  return intents.map((intent) => {
    const error = new GembatchError(
      'UNCLEAR',
      `${intent.input_file}: unclear whether an earlier create worked; the next submit finds out first.`,
    );
    return stillUnclear(intent, error);
  });
}

/** Only the service that a create was sent to knows what came of it. */
function elsewhereError({input_file: file, uploaded_file_name: upload}: Intent): GembatchError {
  const service = serviceOfFile(upload);
  return new GembatchError(
    'UNCLEAR',
    `${file}: unclear whether an earlier create at ${SERVICE_NAMES[service]} worked. Nothing was sent.`,
    {
      suggestions: [
        service === 'vertex'
          ? 'Run the same command with --vertex: it finds out first.'
          : 'Run the same command without --vertex: it finds out first.',
      ],
    },
  );
}
