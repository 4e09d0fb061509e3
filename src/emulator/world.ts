/** Everything that the emulated service has: files, uploads that are under way, jobs, quotas. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DEFAULT_BEHAVIOUR, type Behaviour} from './behaviour.js';
import {EmulatorClock} from './clock.js';
import {Faults} from './faults.js';
import {dueMs, phaseOf, type Job, type JobEnd} from './job.js';
import {Ledger} from './ledger.js';
import {Outcomes} from './outcomes.js';
import {randomId, seededRandom} from './random.js';
import {BadRequestFile, runFileJob, runInlineJob} from './run-job.js';
import {FileWriter, isAlive, type StoredFile} from './stored-file.js';

/** A resumable upload that is under way, or has ended. */
export interface UploadSession {
  readonly id: string;
  readonly fileName: string;
  readonly displayName: string;
  readonly mimeType: string;
  readonly writer: FileWriter;
  status: 'active' | 'final' | 'cancelled';
  file?: StoredFile;
}

/** What a new job is made of. */
export type NewJob = Pick<
  Job,
  | 'displayName'
  | 'model'
  | 'kind'
  | 'inputFile'
  | 'inlineRequests'
  | 'webhookConfig'
  | 'requestCount'
  | 'sizeBytes'
>;

/** The state of one emulator. */
export class World {
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  readonly ledger = new Ledger();
  readonly outcomes = new Outcomes();
  readonly files = new Map<string, StoredFile>();
  readonly uploads = new Map<string, UploadSession>();
  readonly jobs = new Map<string, Job>();
  behaviour: Behaviour;
  readonly #folder: string;
  readonly #random: () => number;
  #nextNumber = 1;
  /** Jobs whose results are being written; asking for one waits for that. */
  readonly #ending = new Map<string, Promise<void>>();

  private constructor(folder: string, options: WorldOptions) {
    this.#folder = folder;
    this.#random = seededRandom(options.seed ?? Math.floor(Math.random() * 2 ** 32));
    this.clock = new EmulatorClock(options.speed ?? 1);
    this.faults = new Faults(options.seed ?? 1);
    this.behaviour = {...DEFAULT_BEHAVIOUR, ...options.behaviour};
  }

  static async create(options: WorldOptions): Promise<World> {
    return new World(await mkdtemp(join(tmpdir(), 'gembatch-emulator-')), options);
  }

  /** Removes everything from the disk. */
  async destroy(): Promise<void> {
    await Promise.allSettled(this.#ending.values());
    await rm(this.#folder, {recursive: true, force: true});
  }

  /** Forgets everything but how it behaves. */
  reset(): void {
    this.files.clear();
    this.uploads.clear();
    this.jobs.clear();
    this.ledger.clear();
    this.outcomes.clear();
    this.faults.clear();
  }

  newId(length: number): string {
    return randomId(length, this.#random);
  }

  newFileWriter(): Promise<FileWriter> {
    return FileWriter.create(join(this.#folder, this.newId(24)));
  }

  /** A file that is there and has not expired. */
  file(name: string): StoredFile | undefined {
    const file = this.files.get(name);
    return file !== undefined && isAlive(file, this.clock.now()) ? file : undefined;
  }

  addFile(file: StoredFile): StoredFile {
    this.files.set(file.name, file);
    return file;
  }

  async deleteFile(file: StoredFile): Promise<void> {
    this.files.delete(file.name);
    await rm(file.path, {force: true});
  }

  get storedBytes(): number {
    return [...this.files.values()].reduce(
      (sum, {sizeBytes, isGenerated}) => sum + (isGenerated ? 0 : sizeBytes),
      0,
    );
  }

  /** Jobs that are pending or running. */
  get activeJobs(): readonly Job[] {
    return [...this.jobs.values()].filter(({end}) => end === undefined);
  }

  addJob(parts: NewJob): Job {
    const nowMs = this.clock.now();
    const {
      pending_ms: pendingMs,
      running_ms: runningMs,
      list_delay_ms: delayMs,
      list_delay_calls: calls,
    } = this.behaviour;
    const job: Job = {
      ...parts,
      number: this.#nextNumber++,
      name: `batches/${this.newId(36)}`,
      createdMs: nowMs,
      pendingMs,
      runningMs,
      hiddenCalls: calls,
      visibleFromMs: nowMs + delayMs,
    };
    this.jobs.set(job.name, job);
    return job;
  }

  /** Brings all jobs to where they are at this time; jobs whose time has come end, with their results written. */
  async catchUp(): Promise<void> {
    const nowMs = this.clock.now();
    await Promise.all(
      this.activeJobs.map(async (job) => {
        const phase = phaseOf(job, nowMs);
        if (phase === 'EXPIRED') job.end = this.#endWithoutResults('EXPIRED', dueMs(job));
        if (phase === 'DUE') await this.#finish(job);
      }),
    );
  }

  cancel(job: Job): void {
    job.end ??= {
      ...this.#endWithoutResults('CANCELLED', this.clock.now()),
      error: {code: 13, message: `Batch ${job.name.slice('batches/'.length)} failed without error.`},
    };
  }

  async #finish(job: Job): Promise<void> {
    const running = this.#ending.get(job.name) ?? this.#run(job);
    this.#ending.set(job.name, running);
    await running;
    this.#ending.delete(job.name);
  }

  async #run(job: Job): Promise<void> {
    const rule = this.outcomes.ruleFor(job.displayName);
    const state = rule?.state ?? 'SUCCEEDED';
    const hasOutput = state === 'SUCCEEDED' || state === 'PARTIALLY_SUCCEEDED' || rule?.has_output === true;
    if (!hasOutput) {
      const error = rule?.error ?? {code: 13, message: 'System error.'};
      job.end ??= {...this.#endWithoutResults(state, dueMs(job)), ...(state === 'EXPIRED' ? {} : {error})};
      return;
    }
    const end =
      job.inputFile === undefined ? this.#endInline(job) : await this.#endWithFile(job, job.inputFile);
    job.end ??= {
      ...end,
      state: end.state === 'FAILED' ? 'FAILED' : state,
      ...(rule?.error === undefined ? {} : {error: rule.error}),
    };
  }

  #endInline(job: Job): JobEnd {
    const inlineResponses = runInlineJob(job);
    return {
      state: 'SUCCEEDED',
      atMs: dueMs(job),
      counts: {successful: inlineResponses.length, failed: 0},
      inlineResponses,
    };
  }

  async #endWithFile(job: Job, inputFile: string): Promise<JobEnd> {
    const input = this.files.get(inputFile);
    if (input === undefined) {
      return {
        ...this.#endWithoutResults('FAILED', dueMs(job)),
        error: {code: 5, message: `File ${inputFile} not found.`},
      };
    }
    const writer = await this.newFileWriter();
    try {
      const rows = this.outcomes.ruleFor(job.displayName)?.rows ?? [];
      const counts = await runFileJob(job, input.path, writer, {
        rows,
        isShuffled: this.behaviour.is_shuffled,
      });
      const name = `files/batch-${job.name.slice('batches/'.length)}`;
      this.addFile({
        ...(await writer.finish()),
        name,
        displayName: '',
        mimeType: 'application/jsonl',
        createdMs: this.clock.now(),
        isGenerated: true,
      });
      return {state: 'SUCCEEDED', atMs: dueMs(job), counts, outputFile: name};
    } catch (error) {
      await writer.discard();
      if (!(error instanceof BadRequestFile)) throw error;
      return {
        ...this.#endWithoutResults('FAILED', dueMs(job)),
        error: {code: 3, message: `The request file has a line that is not JSON: ${error.message}`},
      };
    }
  }

  #endWithoutResults(state: JobEnd['state'], atMs: number): JobEnd {
    return {state, atMs, counts: {successful: 0, failed: 0}};
  }
}

/** How a world begins. */
export interface WorldOptions {
  readonly behaviour?: Partial<Behaviour>;
  /** Emulated seconds per real second; 0 for a clock that only a test moves. */
  readonly speed?: number;
  /** Makes ids and faults with a probability the same each time. */
  readonly seed?: number;
}
