import {GembatchError} from '../../domain/errors.js';
import type {Intent} from '../../domain/job/job-record.js';
import type {Session} from '../../store/job-store.js';
import {discardUpload} from '../cleanup/discard-remote.js';
import type {KnownJobs} from '../submit/duplicates/known-jobs.js';
import {recoveryMessage, seconds} from './grace-time.js';
import {settleIntents, stillUnclear, type Settlement} from './reconcile-intents.js';
import type {SubmitDeps} from '../submit/submit-run.js';

/** What the settlement of earlier creates touches. */
export interface EarlierRun {
  readonly deps: SubmitDeps;
  readonly session: Session;
  /** Gains the jobs that are adopted. */
  readonly known: KnownJobs;
  /** Aborted when the journal cannot be written. */
  readonly halt: AbortController;
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly createGraceMs: number;
  /** Whether a person says that no job came of a create of which nobody else can tell. */
  readonly isAssumedNotCreated?: (intent: Intent) => boolean;
}

/**
 * Settles the creates that earlier runs left open, and says what it found. Adopted jobs are known when it returns.
 *
 * Never rejects for trouble with the journal: that ends the run, and what is not settled stays unclear.
 */
export async function settleEarlier(
  run: EarlierRun,
  intents: readonly Intent[],
): Promise<readonly Settlement[]> {
  if (intents.length === 0) return [];
  const {deps, session, known, halt} = run;
  report(deps, recoveryMessage(intents.length, run.createGraceMs));
  try {
    const settlements = await settleIntents(deps, session, intents, {
      graceMs: run.createGraceMs,
      graceFrom: 'intent',
      stop: halt.signal,
      onWait: ({delayMs, leftMs}) =>
        report(
          deps,
          `Not in the service's list yet; looking again in ${seconds(delayMs)}, for ${seconds(leftMs)} at most`,
        ),
      ...(run.isAssumedNotCreated === undefined ? {} : {isAssumedNotCreated: run.isAssumedNotCreated}),
    });
    for (const settlement of settlements) await follow(deps, settlement, known);
    return settlements;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    halt.abort(error);
    return intents.map((intent) => stillUnclear(intent, error));
  }
}

function report(deps: SubmitDeps, message: string): void {
  deps.report({type: 'status', message});
}

/** Makes an adopted job known to the files of this run, and deletes the upload of a create that came to nothing. */
async function follow(
  deps: SubmitDeps,
  {intent, result, record}: Settlement,
  known: KnownJobs,
): Promise<void> {
  deps.report({type: 'warning', message: result.message});
  if (record !== undefined) known.add(record);
  if (result.outcome !== 'aborted') return;
  const warning = await discardUpload(deps, intent.uploaded_file_name, intent.sha256);
  if (warning !== undefined) deps.report({type: 'warning', message: warning});
}
