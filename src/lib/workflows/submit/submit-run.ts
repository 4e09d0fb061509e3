import type {Clock} from '../../domain/clock.js';
import type {Rule} from '../../domain/request/request-finding.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore, Session} from '../../store/job-store.js';
import type {CreateGate} from './create-gate.js';
import type {KnownJobs} from './known-jobs.js';
import type {Lane} from './lane.js';
import type {OpenIntents} from '../reconcile/open-intents.js';
import type {FileOutcome, SubmitEvent} from './submit-report.js';

/** What a submission needs from the outside. */
export interface SubmitDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly clock: Clock;
  /** Takes each step of progress; must not throw. */
  readonly report: (event: SubmitEvent) => void;
}

/** What all files of a submission go by. */
export interface SubmitOptions {
  /** Resource name of the model, `models/<id>`. */
  readonly model: string;
  /** Submits files for which a batch job exists already. */
  readonly isForced: boolean;
  /** Checks every line; otherwise only counts and hashes. */
  readonly isValidated: boolean;
  /** Rules of the check that are taken back: what they refuse becomes a warning. */
  readonly allowed: readonly Rule[];
  /** How long a job whose create was not answered may take to show up in the service's list, in milliseconds. */
  readonly createGraceMs: number;
  /** Address that the service notifies when a job ends. */
  readonly webhookUri?: string;
}

/** A request file of this run. */
export interface RequestFileInput {
  /** Its own number, from 1. */
  readonly index: number;
  /** Where it is. */
  readonly path: string;
  /** As the user named it. */
  readonly name: string;
  /** Canonical path, as the record spells it. */
  readonly inputFile: string;
  /** The batch job that this file submits again; that job is no reason to skip it. */
  readonly retryOf?: string;
}

/** What one submission knows while its files are checked. */
export interface CheckRun extends SubmitDeps {
  readonly options: SubmitOptions;
  readonly known: KnownJobs;
  /** Creates of earlier runs whose fate is not known yet. */
  readonly open: OpenIntents;
  /** Work that a file of this run has taken on, by `contentId`, with what comes of it. */
  readonly claims: Map<string, Promise<FileOutcome>>;
  /** The files whose lines are checked at once. */
  readonly inspections: Lane;
  /** Ends the run early: no new work is begun. The reason is a `GembatchError`. */
  readonly halt: AbortController;
}

/** What one submission knows while its files are sent: all of it under one session. */
export interface SubmitRun extends CheckRun {
  readonly session: Session;
  readonly gate: CreateGate;
  /** The files that are under way at once, until the outcome of their create. */
  readonly sends: Lane;
  /** Those of them that are uploaded at once. */
  readonly uploads: Lane;
}
