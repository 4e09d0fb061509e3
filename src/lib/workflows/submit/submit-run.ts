import type {RequestFile} from './collect-inputs.js';
import type {Clock} from '../../domain/clock.js';
import type {GembatchError} from '../../domain/errors.js';
import type {Rule} from '../../domain/request/findings/request-finding.js';
import type {PriceList} from '../../domain/price/price-list.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore, Session} from '../../store/job-store.js';
import type {CostCaps, CostRoom} from '../cost/cost-room.js';
import type {FileEstimator} from '../estimate/file-estimator.js';
import type {OpenIntents} from '../reconcile/open-intents.js';
import type {OwnJobs} from '../reconcile/own-jobs.js';
import type {ModelSelection} from './model/choose-model.js';
import type {CreateLimiter} from './create-limiter.js';
import type {ChecksAhead} from './check/checks-ahead.js';
import type {Inspection} from '../request-file/inspect-file.js';
import type {InFlight} from './duplicates/in-flight.js';
import type {KeptUploads} from './kept-uploads.js';
import type {KnownJobs} from './duplicates/known-jobs.js';
import type {ProjectLook} from './duplicates/project-look.js';
import type {SubmitEvent} from './submit-report.js';

/** What a submission works with. */
export interface SubmitDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly clock: Clock;
  /** Takes each step of progress; must not throw. */
  readonly report: (event: SubmitEvent) => void;
  /** A session that is open already. The caller closes it. */
  readonly openedSession?: Session;
}

/** How to submit. Times are in milliseconds. */
export interface SubmitOptions {
  /** As the person wrote it; undefined takes the default model. */
  readonly model: string | undefined;
  /** Its resource name, when an earlier pass has looked it up. */
  readonly knownModel?: string;
  /** Asks for consent to the successor of a default model that is gone; absent when there is nobody to ask. */
  readonly consentToModel?: ModelSelection['consent'];
  /** Checks everything, sends and writes nothing. */
  readonly isDryRun: boolean;
  /** Submits files for which a batch job exists already. */
  readonly isForced: boolean;
  /** What to do with a file whose content, or named model, differs from what was submitted. */
  readonly ifChanged: 'fail' | 'skip' | 'submit';
  /** Folder for the results; null, or nothing, for `results` beside each request file. */
  readonly resultsDir?: string | null;
  /** Folder in Cloud Storage, `gs://…`, in which the results of new jobs stay; without it they are fetched. */
  readonly resultsPlace?: string;
  /** The same for request files that are in a bucket, where nothing is said of results: `gs://…/`. */
  readonly objectResultsPlace?: string;
  /** Checks every line; otherwise only counts and hashes. */
  readonly isValidated: boolean;
  /** Reads request files in a bucket, too, and checks their lines; otherwise they are sent as they are. */
  readonly readsObjects?: boolean;
  /** Rules of the check that are turned off: what they refuse becomes a warning. */
  readonly allowed: readonly Rule[];
  /**
   * How many files are uploaded at once. With those that were uploaded and have their create, `2 * concurrency - 1` are
   * under way at most: with 1, one after the other. As many as are uploaded are checked ahead.
   */
  readonly concurrency: number;
  /** `input_file` of the files whose open creates the user declares failed. */
  readonly assumedNotCreated?: ReadonlySet<string>;
  /**
   * How long creates may be refused for lack of quota before the submission gives up; 0 for one try each. Null ends it at the
   * first refusal, for a caller that tries again later.
   */
  readonly quotaWaitMs: number | null;
  /** How long to wait for the session lock; null for without limit. */
  readonly lockTimeoutMs: number | null;
  /** How long a job whose create was not answered may take to show up in the service's list. */
  readonly createGraceMs: number;
  /** What the jobs may cost; no limits when absent. */
  readonly caps?: CostCaps;
  /** For the estimates; the price list of the package when absent. */
  readonly prices?: PriceList;
  /** Address that the service notifies when a job ends. */
  readonly webhookUri?: string;
  /** Asks the run to end: nothing new is begun, what is in flight is brought to its durable end. */
  readonly stop?: AbortSignal;
}

/** What is submitted when not everything may be: chosen while the session is held, from what is known then. */
export interface Pass {
  /** The files that are looked at. */
  readonly files: readonly RequestFile[];
  /** The files of all passes when this is the first of them, else none: their cost is shown before it begins. */
  readonly estimated: readonly RequestFile[];
  /** `input_file` of the files of all passes. */
  readonly named: readonly string[];
  /** The whole files of which there are parts in any pass, by their fingerprint. */
  readonly wholes: ReadonlyMap<string, string>;
  /** How many files there are in all passes. */
  readonly total: number;
  /**
   * Takes room for the job of a file that is checked.
   *
   * @returns why there is no room for it.
   */
  readonly takeRoom: (file: RequestFile, inspection: Inspection) => GembatchError | undefined;
  readonly uploads: KeptUploads;
}

/** A limiter of p-limit, whose own type would make users of the library install that package. */
interface Limiter {
  <T>(work: () => PromiseLike<T> | T): Promise<T>;
  readonly concurrency: number;
}

/** What all files of one submission share. */
export interface SubmitRun extends SubmitDeps {
  readonly options: SubmitOptions;
  /** Resource name of the model, `models/<id>`. */
  readonly model: string;
  /** Checks of whole files that were begun while the model was looked up. */
  readonly checks: ChecksAhead | undefined;
  /** Null with `--dry-run`, which adds no record. */
  readonly session: Session | null;
  readonly known: KnownJobs;
  /** Creates of earlier runs whose outcome is still unknown. */
  readonly open: OpenIntents;
  readonly inFlight: InFlight;
  /** Null when everything may be sent. */
  readonly pass: Pass | null;
  readonly estimator: FileEstimator;
  /** Undefined without caps. */
  readonly costRoom: CostRoom | undefined;
  /** Jobs of ours at the service that no record knows. */
  readonly ownJobs: OwnJobs;
  /** Whether recorded jobs are of the project of the API key. */
  readonly project: ProjectLook;
  readonly limits: {
    /** The files whose lines are checked at once. */
    readonly inspections: Limiter;
    /** The checked files that are estimated at once: they do not stand behind those that are still to be checked. */
    readonly estimates: Limiter;
    /** The files that are under way at once, until the outcome of their create. */
    readonly sends: Limiter;
    /** Those of them that are uploaded at once. */
    readonly uploads: Limiter;
    readonly creates: CreateLimiter;
  };
  /** Ends the run early: no new work is begun. The reason is a `GembatchError`. */
  readonly halt: AbortController;
}
