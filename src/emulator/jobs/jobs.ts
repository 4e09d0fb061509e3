/**
 * The batch jobs of the emulated service.
 *
 * A job moves by the emulated clock alone. When it leaves PENDING its results begin to be written, in the background; it
 * ends when its time has come and they are there.
 */
import {rm} from 'node:fs/promises';
import type {Behaviour} from '../control/behaviour.js';
import type {EmulatorClock} from '../control/clock.js';
import type {FileStore} from '../files/file-store.js';
import {Limiter} from '../control/limiter.js';
import {dueMs, phaseOf, progress, timingOf, type Job, type NewJob} from './job.js';
import type {Outcomes} from './rows/outcomes.js';
import {endWithoutResults} from './job-end.js';
import {runJob, type Result, type WorkOptions} from './run-job.js';
import type {FileWriter, StoredFile} from '../files/stored-file.js';

/** Result files that are written at once; thousands of jobs may fall due together. */
const WORKS_AT_ONCE = 4;

/** How long an answer waits for results that are due and still being written. */
const MAX_RESULT_WAIT_MS = 5_000;

export interface JobSurroundings {
  readonly clock: EmulatorClock;
  readonly files: FileStore;
  readonly outcomes: Outcomes;
  readonly behaviour: () => Behaviour;
  readonly newId: (length: number) => string;
  readonly newFileWriter: () => Promise<FileWriter>;
}

interface Work {
  readonly controller: AbortController;
  done: Promise<void>;
  result?: Result;
}

/** All batch jobs, by name. */
export class Jobs {
  readonly #around: JobSurroundings;
  readonly #jobs = new Map<string, Job>();
  readonly #active = new Set<Job>();
  readonly #works = new Map<Job, Work>();
  readonly #limiter = new Limiter(WORKS_AT_ONCE);
  #nextNumber = 1;

  constructor(around: JobSurroundings) {
    this.#around = around;
  }

  add(parts: NewJob): Job {
    const {clock, outcomes, behaviour, newId} = this.#around;
    const job: Job = {
      ...parts,
      ...timingOf(clock.now(), {...behaviour(), ...outcomes.ruleFor(parts.displayName)}),
      number: this.#nextNumber++,
      name: nameOf(parts, newId),
    };
    this.#jobs.set(job.name, job);
    this.#active.add(job);
    return job;
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  newestFirst(): readonly Job[] {
    return [...this.#jobs.values()].reverse();
  }

  /** Jobs of one of the services, newest first: those in a project's location, or without one those of the Gemini API. */
  newestOf(parent: string | undefined): readonly Job[] {
    return this.newestFirst().filter(({vertex}) => vertex?.parent === parent);
  }

  /** Jobs that are pending or running by the clock. */
  enqueued(): readonly Job[] {
    const nowMs = this.#around.clock.now();
    return [...this.#active].filter((job) => phaseOf(job, nowMs) !== 'DUE');
  }

  /** Brings all jobs to where they are at this time, but for results that are still being written. */
  catchUp(): void {
    const nowMs = this.#around.clock.now();
    for (const job of this.#active) {
      const phase = phaseOf(job, nowMs);
      if (phase === 'EXPIRED')
        this.#end(job, {end: endWithoutResults(job.name, {state: 'EXPIRED', atMs: dueMs(job)}), outputs: []});
      else if (phase !== 'PENDING') this.#advance(job, phase === 'DUE');
    }
  }

  /** Waits for results of these jobs that are due, but no longer than anybody would wait for an answer. */
  async waitForResults(jobs: readonly Job[]): Promise<void> {
    const nowMs = this.#around.clock.now();
    const due = jobs.filter((job) => job.end === undefined && phaseOf(job, nowMs) === 'DUE');
    if (due.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const timeLimit = new Promise((resolve) => {
      timer = setTimeout(resolve, MAX_RESULT_WAIT_MS);
    });
    const works = due.flatMap((job) => this.#works.get(job)?.done ?? []);
    await Promise.race([Promise.all(works), timeLimit]);
    clearTimeout(timer);
    this.catchUp();
  }

  /** Whether a file is the output of a job that has ended but does not show it yet. */
  isOutputLate(fileName: string, nowMs: number): boolean {
    const job = this.#jobs.get(fileName.replace('files/batch-', 'batches/'));
    return job?.end !== undefined && nowMs < job.end.atMs + job.outputDelayMs;
  }

  cancel(job: Job): void {
    if (job.end !== undefined) return;
    const atMs = this.#around.clock.now();
    this.#end(job, {end: endWithoutResults(job.name, {state: 'CANCELLED', atMs}), outputs: []});
  }

  /** Cancels a job at Vertex AI, which keeps the rows that it has finished. */
  async cutOff(job: Job): Promise<void> {
    const {clock} = this.#around;
    const atMs = clock.now();
    if (job.end !== undefined || job.isCancelling === true) return;
    if (phaseOf(job, atMs) === 'PENDING') {
      this.cancel(job);
      return;
    }
    job.isCancelling = true;
    this.#active.delete(job);
    const work = this.#works.get(job);
    work?.controller.abort();
    await work?.done;
    if (work?.result !== undefined) await discard(work.result);
    this.#works.delete(job);
    const input = this.#around.files.get(job.inputFile ?? '');
    const rows = progress(job, atMs).successful;
    const result = await runJob(job, {...this.#terms(job, input), cutOff: {state: 'CANCELLED', atMs, rows}});
    this.#end(job, result);
  }

  /** Deletes a job and its result file; one that runs is stopped. */
  async delete(job: Job): Promise<void> {
    this.cancel(job);
    this.#jobs.delete(job.name);
    const output = this.#around.files.get(job.end?.outputFile ?? '');
    if (output !== undefined) await this.#around.files.delete(output);
  }

  /** Forgets all jobs and waits until nothing is being written any more. */
  async clear(): Promise<void> {
    const works = [...this.#works.values()];
    for (const job of this.#active) this.cancel(job);
    this.#jobs.clear();
    await Promise.all(works.map(({done}) => done));
  }

  #advance(job: Job, isDue: boolean): void {
    const work = this.#works.get(job) ?? this.#start(job);
    if (isDue && work.result !== undefined) this.#end(job, work.result);
  }

  #start(job: Job): Work {
    const work: Work = {controller: new AbortController(), done: Promise.resolve()};
    this.#works.set(job, work);
    const input = job.inputFile === undefined ? undefined : this.#around.files.get(job.inputFile);
    if (input !== undefined) this.#around.files.hold(input);
    work.done = this.#work(job, work, input);
    return work;
  }

  async #work(job: Job, work: Work, input: StoredFile | undefined): Promise<void> {
    await this.#limiter.run(() => this.#write(job, work, input));
    if (input !== undefined) await this.#around.files.release(input);
  }

  async #write(job: Job, work: Work, input: StoredFile | undefined): Promise<void> {
    const {signal} = work.controller;
    if (signal.aborted) return;
    try {
      const result = await runJob(job, {...this.#terms(job, input), signal});
      if (signal.aborted) await discard(result);
      else work.result = result;
    } catch (error) {
      const failure = {code: 13, message: `The emulator failed: ${String(error)}`};
      work.result = {
        end: endWithoutResults(job.name, {state: 'FAILED', atMs: dueMs(job), error: failure}),
        outputs: [],
      };
    }
  }

  #terms(job: Job, input: StoredFile | undefined): WorkOptions {
    const {outcomes, behaviour, newFileWriter} = this.#around;
    const {is_shuffled: isShuffled, vertex_shards: shards} = behaviour();
    return {input, rule: outcomes.ruleFor(job.displayName), isShuffled, shards, newFileWriter};
  }

  #end(job: Job, {end, outputs}: Result): void {
    this.#active.delete(job);
    const work = this.#works.get(job);
    this.#works.delete(job);
    job.end = end;
    for (const output of outputs) this.#around.files.add(output);
    if (outputs.length === 0 && work !== undefined) {
      work.controller.abort();
      if (work.result !== undefined) void discard(work.result);
    }
  }
}

async function discard({outputs}: Result): Promise<void> {
  await Promise.all(outputs.map(({path}) => rm(path, {force: true})));
}

function nameOf({vertex}: NewJob, newId: (length: number) => string): string {
  if (vertex === undefined) return `batches/${newId(36)}`;
  return `${vertex.parent}/batchPredictionJobs/${newId(19).replaceAll(/[a-z]/gu, (letter) => String(letter.charCodeAt(0) % 10))}`;
}
