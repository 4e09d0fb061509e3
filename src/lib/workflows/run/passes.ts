import {statSync} from 'node:fs';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {Inspection} from '../request-file/inspect-file.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {noteStates} from '../job-states/note-states.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import type {StoreSnapshot} from '../../store/job-store.js';
import type {KeptUploads} from '../submit/kept-uploads.js';
import {KnownJobs} from '../submit/duplicates/known-jobs.js';
import {openSubmission} from '../submit/submit-files.js';
import type {SubmitEvent} from '../submit/submit-report.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import type {Pass, SubmitDeps, SubmitOptions} from '../submit/submit-run.js';
import {CapWatch} from './cap-watch.js';
import type {Canaries, CanaryLook} from './canaries.js';
import {OpenJobLimit} from './open-job-limit.js';
import {isOpen, noRoomError, openWorkOf, Room, type ShortOf} from './room.js';
import type {RunQueue} from './run-queue.js';
import type {SubmissionView} from '../submit/submission.js';
import type {QueueWait} from './run-report.js';

/** What bounds a queue. */
export interface QueueTerms {
  /** The most batch jobs that may be open at once, all of the job-info file counted. */
  readonly maxOpenJobs: number;
  /** The most tokens that may be open of one model; null for no limit. */
  readonly maxOpenTokens: number | null;
  /** A file with more requests, or bytes, is submitted in parts; null for what the service takes. */
  readonly maxRequests: number | null;
  readonly maxBytes: number | null;
  /** So many requests are sent first, and their answers decide whether the rest follows; null for all at once. */
  readonly canary: number | null;
  /** How long the service may refuse for lack of quota before the run gives up; null for ever. */
  readonly quotaWaitMs: number | null;
  /** How often jobs of others are asked for that take room. */
  readonly intervalMs: number;
}

/** What one run goes through its files with. */
interface PassParts {
  readonly deps: Omit<SubmitDeps, 'report'>;
  readonly queue: RunQueue;
  readonly uploads: KeptUploads;
  readonly canaries: Canaries;
  readonly view: SubmissionView;
  readonly options: SubmitOptions;
  readonly terms: QueueTerms;
}

/** The storage of a project, https://ai.google.dev/gemini-api/docs/files. */
const MAX_UPLOADED_BYTES = 20 * 1024 ** 3;
/** Between passes jobs are followed and others have their turn, so a pass must not last too long. */
const FILES_OF_A_PASS = 32;

/** The passes of one run over its files: each submits what there is room for. */
export class Passes {
  readonly #parts: PassParts;
  readonly #named: readonly string[];
  readonly #wholes: ReadonlyMap<string, string>;
  readonly #limit: OpenJobLimit;
  readonly #fresh: FreshStore;
  readonly #caps: CapWatch;
  readonly #sizes = new Map<string, number>();
  #model: string | undefined;
  #known: {readonly snapshot: StoreSnapshot; readonly jobs: KnownJobs} | undefined;
  /** What the service said when it took no more. */
  #refusedBy: {readonly reason: 'quota' | 'service'; readonly message: string} | undefined;
  #othersAskedMs = -Infinity;

  constructor(parts: PassParts) {
    this.#parts = parts;
    const {waiting} = parts.queue;
    this.#named = waiting.map(({inputFile}) => inputFile);
    this.#wholes = new Map(
      waiting.flatMap(({partOf}) => (partOf === undefined ? [] : [[partOf.sha256, partOf.input_file]])),
    );
    this.#caps = new CapWatch({...parts, named: this.#named});
    this.#limit = new OpenJobLimit(parts.terms.maxOpenJobs);
    this.#fresh = new FreshStore(parts.deps.store);
  }

  /** Resource name of the model, once it was looked up. */
  get model(): string {
    return this.#model ?? '';
  }

  /**
   * Goes through the files that are known by now, and as many others as there is room for.
   *
   * @returns what ends the run, if anything does.
   * @throws GembatchError as `openSubmission`.
   */
  async next(): Promise<GembatchError | undefined> {
    const {deps, queue, view, options, canaries} = this.#parts;
    queue.beginPass();
    for (const event of canaries.takeNews()) view.report(event);
    const submission = await openSubmission(
      {...deps, report: (event) => this.#report(event)},
      (snapshot, known) => this.#choose(snapshot, known),
      {...options, quotaWaitMs: null, ...(this.#model === undefined ? {} : {knownModel: this.#model})},
    );
    this.#model = submission.model;
    const result = await submission.closeAfter(view.submitEach(submission));
    queue.endPass(result);
    this.#caps.reset();
    this.#learn(submission.refusal ?? queue.serviceError, {
      askedMs: submission.refusal?.details['retryDelayMs'],
      submitted: result.summary.submitted,
    });
    return submission.fatal;
  }

  /**
   * Whether there is something to do now: a file that is known by now, room for another one, or nothing to hope for.
   *
   * @param givenUp - why the results of a job are not tried for any more.
   */
  async isDue(givenUp: CanaryLook['givenUp']): Promise<boolean> {
    await this.#askForOthers();
    const look = {snapshot: this.#fresh.snapshot, model: this.model, named: this.#named, givenUp};
    await this.#parts.canaries.look(look);
    await this.#caps.look(this.#fresh.snapshot);
    return this.exhausted !== undefined || this.#select(this.#fresh.snapshot).files.length > 0;
  }

  /** Why the run gives up: it was to wait for quota no longer than so, or what is left may cost too much. */
  get exhausted(): GembatchError | undefined {
    const {terms, deps, queue, canaries} = this.#parts;
    if (canaries.failure !== undefined) return canaries.failure;
    if (this.#caps.isOutOfRoom(queue.waiting.filter((file) => !canaries.holds(file))))
      return new GembatchError('COST_CAP', 'What is left may cost more than the cap allows.');
    const {refusal} = this.#limit;
    if (terms.quotaWaitMs === null || refusal === undefined) return undefined;
    if (deps.clock.monotonic() - refusal.sinceMs < terms.quotaWaitMs) return undefined;
    return new GembatchError('QUOTA', this.#refusedBy?.message ?? 'The service takes no more batch jobs.');
  }

  /** Why files wait, and until when. */
  wait(): QueueWait {
    const {deps, queue, terms, canaries} = this.#parts;
    const {snapshot} = this.#fresh;
    const open = openWorkOf(snapshot, this.#model, deps.clock.now());
    const isCapped = queue.waiting.some((file) => this.#caps.isCapped(file));
    const isHeld = queue.waiting.some((file) => canaries.holds(file));
    const {shortOf = isCapped ? 'cost_cap' : isHeld ? 'canary' : 'open_jobs'} = this.#select(snapshot);
    const {refusal} = this.#limit;
    const refused = refusal === undefined || open.jobs >= terms.maxOpenJobs ? undefined : this.#refusedBy;
    const retryMs = (refusal?.retryAtMs ?? 0) - deps.clock.monotonic();
    return {
      reason: refused?.reason ?? shortOf,
      files: queue.waiting.length,
      requests: queue.waitingRequests,
      open_jobs: open.jobs,
      max_open_jobs: terms.maxOpenJobs,
      open_tokens: open.tokens,
      max_open_tokens: terms.maxOpenTokens,
      retry_at: refused === undefined ? null : new Date(deps.clock.now() + retryMs).toISOString(),
      ...(refused === undefined ? {} : {message: refused.message}),
    };
  }

  #choose(snapshot: StoreSnapshot, known: KnownJobs): Pass {
    const {queue, uploads} = this.#parts;
    this.#known = {snapshot, jobs: known};
    const {files} = this.#select(snapshot);
    const room = this.#roomIn(snapshot);
    const takeRoom = (
      {name, path, object}: RequestFile,
      {size_bytes: sizeBytes}: Inspection,
    ): GembatchError | undefined => {
      this.#sizes.set(path, sizeBytes); // It may have grown since it was chosen.
      const shortOf = room.take(sizeBytes, object === undefined ? sizeBytes : 0);
      return shortOf === undefined ? undefined : noRoomError(name, shortOf);
    };
    const estimated = this.#model === undefined ? queue.waiting : [];
    const [named, wholes] = [this.#named, this.#wholes];
    return {files, estimated, named, wholes, total: queue.total, takeRoom, uploads};
  }

  /** The files that may have their turn now, and what there is too little of for the others. */
  #select(snapshot: StoreSnapshot): {readonly files: readonly RequestFile[]; readonly shortOf?: ShortOf} {
    const {queue, canaries} = this.#parts;
    const known = this.#knownIn(snapshot);
    const room = this.#roomIn(snapshot);
    const files: RequestFile[] = [];
    let newFiles = 0;
    let shortOf: ShortOf | undefined;
    for (const file of queue.waiting) {
      if (this.#caps.isCapped(file)) continue;
      const isKnown = known.ofInputFile(file.inputFile) !== undefined;
      if (!isKnown) {
        if (canaries.holds(file)) continue;
        if (shortOf !== undefined || newFiles >= FILES_OF_A_PASS) continue;
        const size = this.#sizeOf(file);
        shortOf = room.take(size, file.object === undefined ? size : 0);
        if (shortOf !== undefined) continue;
        newFiles += 1;
      }
      files.push(file);
    }
    return {files, ...(shortOf === undefined ? {} : {shortOf})};
  }

  #roomIn(snapshot: StoreSnapshot): Room {
    const {deps, terms, uploads} = this.#parts;
    const open = openWorkOf(snapshot, this.#model, deps.clock.now());
    return new Room(
      {...open, uploadedBytes: open.uploadedBytes + uploads.sizeBytes},
      {
        slots: this.#limit.slots(open.jobs, deps.clock.monotonic()),
        maxOpenTokens: terms.maxOpenTokens,
        maxUploadedBytes: MAX_UPLOADED_BYTES,
      },
    );
  }

  /** Only whether a file has a job is asked of it, so that those of records that have changed may come last. */
  #knownIn(snapshot: StoreSnapshot): KnownJobs {
    if (this.#known?.snapshot === snapshot) return this.#known.jobs;
    const {store, client} = this.#parts.deps;
    const before = this.#known?.snapshot.records ?? [];
    const isGone = before.some(
      ({record}, at) => snapshot.records[at]?.record.batch.name !== record.batch.name,
    );
    const jobs = isGone ? undefined : this.#known?.jobs;
    snapshot.records.forEach(({record}, at) => {
      if (record !== before[at]?.record) jobs?.add(record);
    });
    this.#known = {snapshot, jobs: jobs ?? new KnownJobs(snapshot, store, client.address)};
    return this.#known.jobs;
  }

  /** In bytes; what cannot be read has its turn, and fails. */
  #sizeOf({path, object}: RequestFile): number {
    if (object !== undefined || isCloudAddress(path)) return object?.sizeBytes ?? 0;
    const size = this.#sizes.get(path) ?? statSync(path, {throwIfNoEntry: false})?.size ?? 0;
    this.#sizes.set(path, size);
    return size;
  }

  #report(event: SubmitEvent): void {
    // There is one summary, at the end of the run.
    if (event.type === 'files' || event.type === 'summary') return;
    if (event.type === 'outcome' && !this.#parts.queue.note(event.index, event.outcome)) return;
    this.#parts.view.report(event);
  }

  #learn(
    refusal: Pick<GembatchError, 'code' | 'message'> | undefined,
    {askedMs, submitted}: {askedMs: unknown; submitted: number},
  ): void {
    const {clock} = this.#parts.deps;
    const {jobs} = openWorkOf(this.#fresh.snapshot, this.#model, clock.now());
    if (refusal !== undefined) {
      this.#limit.refused(jobs, clock.monotonic(), typeof askedMs === 'number' ? askedMs : 0);
      this.#refusedBy = {reason: refusal.code === 'QUOTA' ? 'quota' : 'service', message: refusal.message};
    } else if (submitted > 0) {
      this.#limit.succeeded(jobs);
    }
  }

  /** Jobs of other files take room, too, and are not followed here. */
  async #askForOthers(): Promise<void> {
    const {deps, queue, terms, options} = this.#parts;
    if (deps.clock.monotonic() - this.#othersAskedMs < terms.intervalMs) return;
    this.#othersAskedMs = deps.clock.monotonic();
    const others = this.#fresh.records.filter(
      (record) => isOpen(record) && !queue.jobs.has(record.batch.name),
    );
    if (others.length === 0) return;
    const refreshed = await refreshJobs(
      deps.client,
      others.map(({batch}) => batch),
      options.stop === undefined ? {} : {signal: options.stop},
    );
    await deps.store.updateJobs(noteStates(others, refreshed, new Date(deps.clock.now()).toISOString()));
  }
}
