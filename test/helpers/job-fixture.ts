import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Behaviour} from '../../src/emulator/control/behaviour.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import type {BatchJob} from '../../src/lib/domain/job/batch-job.js';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {requestLines} from './request-files.js';
import {runCli, startCli, type CliOptions, type CliResult, type RunningCli} from './run-cli.js';
import {tempDir} from './temp-dir.js';
import {useEmulator, type UsedEmulator} from './use-emulator.js';
import {parseLines} from './json-lines.js';

const MODEL = 'models/gemini-2.5-flash-lite';
const POLL = ['poll', '--interval', '100ms'];

/** A folder with a job-info file, and an emulator whose time stands still until the test moves it. */
export class JobFixture {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly #env: UsedEmulator['env'];
  readonly #lines: string[] = [];

  private constructor(folder: string, {emulator, env}: UsedEmulator) {
    this.folder = folder;
    this.emulator = emulator;
    this.#env = env;
  }

  static async create(behaviour: Partial<Behaviour> = {}): Promise<JobFixture> {
    const defaults = {pending_ms: 60_000, running_ms: 60_000, max_concurrent_jobs: 2_000};
    const used = await useEmulator({speed: 0, seed: 1, behaviour: {...defaults, ...behaviour}});
    return new JobFixture(await tempDir(), used);
  }

  /** Writes a request file, submits it, and records the job. The keys are `r1`, `r2`, … */
  async submit(file: string, requests = 3, extra: Partial<JobRecord> = {}): Promise<JobRecord> {
    const text = requestLines(requests, file);
    const path = join(this.folder, file);
    await mkdir(dirname(path), {recursive: true});
    await writeFile(path, text);
    return this.record(file, {count: requests, uploaded: await this.upload(text), extra});
  }

  /** Creates a job for an uploaded file and records it. */
  async record(
    file: string,
    {count, uploaded, extra = {}}: {count: number; uploaded: string; extra?: Partial<JobRecord>},
  ): Promise<JobRecord> {
    const batch = await this.create(file, uploaded);
    const record = {input_file: file, count, uploaded_file_name: uploaded, batch, ...extra};
    this.#lines.push(`${JSON.stringify(record)}\n`);
    await writeFile(join(this.folder, 'job-info.jsonl'), this.#lines.join(''));
    return record;
  }

  /** Creates a job for an uploaded file, and records nothing. */
  async create(displayName: string, uploaded: string): Promise<BatchJob> {
    const batch = {inputConfig: {fileName: uploaded}, displayName};
    const {name} = await this.#post<{name: string}>(`${MODEL}:batchGenerateContent`, {batch});
    return {name, model: MODEL, state: 'JOB_STATE_PENDING'};
  }

  /** @returns the resource name of the uploaded file. */
  async upload(text: string): Promise<string> {
    const start = await fetch(`${this.emulator.url}/upload/v1beta/files`, {
      method: 'POST',
      headers: {...KEY, 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start'},
      body: JSON.stringify({file: {mimeType: 'application/jsonl'}}),
    });
    const end = await fetch(start.headers.get('x-goog-upload-url') ?? '', {
      method: 'POST',
      headers: {...KEY, 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0'},
      body: text,
    });
    const {file} = (await end.json()) as {file: {name: string}};
    return file.name;
  }

  /** Lets so much time pass at the service that every job ends. */
  finishJobs(): void {
    this.emulator.control.advance(120_000);
  }

  /** Runs `gembatch poll`, asking ten times a second. */
  poll(...args: string[]): Promise<CliResult> {
    return runCli([...POLL, ...args], this.options);
  }

  /** Starts the same without waiting for its end. */
  start(...args: string[]): RunningCli {
    return startCli([...POLL, ...args], this.options);
  }

  /** How a command is run on these jobs. */
  get options(): CliOptions & {env: UsedEmulator['env']} {
    return {cwd: this.folder, env: this.#env};
  }

  async read(file: string): Promise<string> {
    return readFile(join(this.folder, file), 'utf8');
  }

  /** The job records as they are on disk. */
  async records(): Promise<JobRecord[]> {
    const lines = (await this.read('job-info.jsonl')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as JobRecord);
  }

  async #post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`${this.emulator.url}/v1beta/${path}`, {
      method: 'POST',
      headers: {...KEY, 'content-type': 'application/json'},
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }
}

const KEY = {'x-goog-api-key': 'emulator'};

/** The keys of the rows of a result file, in alphabetical order. */
export function keysOf(result: string): string[] {
  return parseLines(result)
    .map((line) => (line as {key: string}).key)
    .sort();
}
