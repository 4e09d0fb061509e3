/**
 * Tells whether the API key is of another project than the recorded jobs: to that, the service shows none of them. One
 * answer proves nothing, so that all are looked for in the whole list, some by name, and twice.
 */
import type {Clock} from '../../../domain/clock.js';
import {GembatchError} from '../../../domain/errors.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {isOfService} from '../../../domain/service/service-address.js';
import type {BatchService, CallOptions} from '../../../services/batch-service.js';

/** A job that is younger may not be shown yet. */
const GRACE_MS = 600_000;
/** A service that is wrong for a moment is wrong in the same way when it is asked again at once. */
const CONFIRMATION_MS = 10_000;
/** The list alone may be wrong. When this many jobs, asked for by name, are not there either, it is no accident. */
const ASKED_BY_NAME = 5;

interface ProjectLookDeps {
  readonly client: BatchService;
  readonly clock: Clock;
  /** Called before the second look. */
  readonly onWait: (message: string) => void;
}

/** One look for the recorded jobs, for all files of a submission; it begins when the first of them needs it. */
export class ProjectLook {
  readonly #deps: ProjectLookDeps;
  readonly #records: readonly JobRecord[];
  readonly #options: CallOptions & {readonly signal: AbortSignal};
  #answer: Promise<boolean> | undefined;

  constructor(
    deps: ProjectLookDeps,
    records: readonly JobRecord[],
    options: CallOptions & {readonly signal: AbortSignal},
  ) {
    this.#deps = deps;
    this.#records = records;
    this.#options = options;
  }

  /**
   * Whether the service shows neither this job nor any other that it should. False wherever that is not certain.
   *
   * @throws GembatchError `INTERRUPTED`, `KEY_REFUSED`.
   */
  async isElsewhere(record: JobRecord): Promise<boolean> {
    if (!this.#shouldBeShown(record)) return false;
    this.#answer ??= this.#look();
    return this.#answer;
  }

  async #look(): Promise<boolean> {
    const {clock, onWait} = this.#deps;
    const names = this.#records.filter((record) => this.#shouldBeShown(record)).map(({batch}) => batch.name);
    try {
      if (await this.#showsAny(names)) return false;
      onWait(`The service shows none of the recorded jobs; looking again in ${CONFIRMATION_MS / 1_000} s`);
      await clock.sleep(CONFIRMATION_MS, this.#options.signal);
      return !(await this.#showsAny(names));
    } catch (error) {
      const isServiceError =
        error instanceof GembatchError && !['INTERRUPTED', 'KEY_REFUSED'].includes(error.code);
      if (isServiceError) return false;
      throw error;
    }
  }

  /** As a rule the first question answers it. */
  async #showsAny(names: readonly string[]): Promise<boolean> {
    const [newest, ...others] = names.toReversed().slice(0, ASKED_BY_NAME);
    if (newest === undefined || (await this.#shows(newest))) return true;
    const wanted = new Set(names);
    for await (const page of this.#deps.client.listBatches(this.#options))
      if (page.some(({name}) => wanted.has(name))) return true;
    for (const name of others) if (await this.#shows(name)) return true;
    return false;
  }

  async #shows(name: string): Promise<boolean> {
    try {
      await this.#deps.client.getBatch(name, this.#options);
      return true;
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
  }

  #shouldBeShown(record: JobRecord): boolean {
    const {client, clock} = this.#deps;
    const {batch, submitted_at: submittedAt, remote_deleted_at: deletedAt} = record;
    const isKept = deletedAt === undefined && record.lost_at === undefined;
    const ageMs = (client.serviceTime() ?? clock.now()) - Date.parse(batch.create_time ?? submittedAt ?? '');
    return isKept && ageMs > GRACE_MS && isOfService(record, client.address);
  }
}
