/** Everything that the emulated service has: files, uploads that are under way, jobs, and what it remembers. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DEFAULT_BEHAVIOUR, type Behaviour} from './control/behaviour.js';
import {EmulatorClock} from './control/clock.js';
import {Faults} from './control/faults.js';
import {FileStore} from './files/file-store.js';
import {Jobs} from './jobs/jobs.js';
import {CallLog} from './control/call-log.js';
import {Outcomes} from './jobs/rows/outcomes.js';
import {randomId, seededRandom} from './control/random.js';
import {FileWriter} from './files/stored-file.js';
import type {UploadSession} from './files/upload-session.js';

export interface ServiceStateOptions {
  readonly behaviour?: Partial<Behaviour>;
  /** Emulated seconds per real second; 0 for a clock that only a test moves. */
  readonly speed?: number;
  /** Makes ids, and faults that come with a probability, the same each time. */
  readonly seed?: number;
  /** Where its own temporary folder is made; by default where the system has such things. */
  readonly parentFolder?: string;
}

export class ServiceState {
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  readonly files: FileStore;
  readonly jobs: Jobs;
  readonly callLog = new CallLog();
  readonly outcomes = new Outcomes();
  readonly uploads = new Map<string, UploadSession>();
  behaviour: Behaviour;
  readonly #folder: string;
  readonly #random: () => number;
  #nextObject = 1;

  private constructor(folder: string, options: ServiceStateOptions) {
    this.#folder = folder;
    this.#random = seededRandom(options.seed ?? Math.floor(Math.random() * 2 ** 32));
    this.behaviour = {...DEFAULT_BEHAVIOUR, ...options.behaviour};
    this.clock = new EmulatorClock(options.speed ?? 1);
    this.faults = new Faults(options.seed ?? 1);
    this.files = new FileStore(this.clock);
    this.jobs = new Jobs({
      clock: this.clock,
      files: this.files,
      outcomes: this.outcomes,
      behaviour: () => this.behaviour,
      newId: (length) => this.newId(length),
      newFileWriter: () => this.newFileWriter(),
    });
  }

  /** A service with nothing in it; what it keeps is in a new temporary folder. */
  static async create(options: ServiceStateOptions): Promise<ServiceState> {
    const parent = options.parentFolder ?? tmpdir();
    return new ServiceState(await mkdtemp(join(parent, 'gembatch-emulator-')), options);
  }

  /** Removes everything from the disk; what it remembers can still be asked. */
  async destroy(): Promise<void> {
    await this.#empty();
    await rm(this.#folder, {recursive: true, force: true, maxRetries: 3});
  }

  /** Forgets everything but how it behaves and what time it is. */
  async reset(): Promise<void> {
    this.callLog.clear();
    this.outcomes.clear();
    this.faults.clear();
    await this.#empty();
  }

  async #empty(): Promise<void> {
    const uploads = [...this.uploads.values()];
    this.uploads.clear();
    await Promise.all([
      ...uploads.map((session) => session.takeOver(() => session.cancel())),
      this.jobs.clear(),
      this.files.clear(),
    ]);
  }

  /** Tells objects apart that are made in the same moment. */
  nextObject(): number {
    return this.#nextObject++;
  }

  newId(length: number): string {
    return randomId(length, this.#random);
  }

  newFileWriter(): Promise<FileWriter> {
    return FileWriter.create(join(this.#folder, this.newId(24)));
  }
}
