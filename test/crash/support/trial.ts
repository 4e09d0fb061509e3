import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Behaviour} from '../../../src/emulator/control/behaviour.js';
import type {PaidJob} from '../../../src/emulator/control/call-log.js';
import {createEmulator, type Emulator} from '../../../src/emulator/http/server.js';
import type {JobRecord} from '../../../src/lib/domain/job/job-record.js';
import {JobStore} from '../../../src/lib/store/job-store.js';
import {systemClock} from '../../../src/lib/system-clock.js';
import {requestFiles} from '../../helpers/request-files.js';
import {FAST_CLOCK, ROOT, startCli, type CliResult, type RunningCli} from '../../helpers/run-cli.js';
import {MODEL} from '../../helpers/submit.js';
import {until} from '../../helpers/until.js';
import {amount} from './form.js';

/** A line of the job-info file that nobody understands, and a record of a job that ended long ago. */
export const OLD_LINES = `# kept as it is\n${JSON.stringify({
  input_file: 'old.jsonl',
  count: 1,
  uploaded_file_name: 'files/old',
  batch: {name: 'batches/old', model: `models/${MODEL}`, state: 'JOB_STATE_CANCELLED'},
  remote_deleted_at: '2026-01-01T00:00:00Z',
})}\n`;

/** Far more than a command takes that ends, on a machine that does other things too. */
const LONGEST_RUN_MS = amount({short: 120_000, whole: 600_000});

/** How many characters of stdout and of stderr are enough to see what a command waited for. */
const LAST_WORDS = 1_000;

/** One of the file operations of a command, and what becomes of it. */
export interface FsFault {
  /** Its number, from 1. */
  readonly at: number;
  /** Killed before it, after it, in the middle of it; or the error with which it fails. */
  readonly fate: 'before' | 'after' | 'half' | 'EIO' | 'ENOSPC' | 'EROFS' | 'EACCES' | 'EDQUOT';
  /** All later ones fail too. */
  readonly isLasting?: boolean;
}

/** A line of the trace of a command. */
export interface TracedStep {
  readonly n: number;
  readonly op: string;
  /** Not of a create. */
  readonly path?: string;
  readonly to?: string;
  readonly flags?: string | number;
  /** What is written, in base64. */
  readonly data?: string;
  /** Of a create. */
  readonly attempt?: string;
  /** Of a create: by the monotonic clock, where it is not the real one. */
  readonly ms?: number;
}

/** How one command of a trial is run. */
export interface TrialRun {
  readonly fault?: FsFault;
  /** Times as fast; for the waits of a recovery. */
  readonly speed?: number;
  /** Time stands still during requests and passes by steps of the event loop, however busy this machine is. */
  readonly hasStepClock?: boolean;
  /** By how much somebody has set the clock of this machine; needs a clock of ours. */
  readonly clockShiftMs?: number;
  /** Another build of the package than that of the trial. */
  readonly bin?: string;
  readonly args?: readonly string[];
  /** Arguments of node itself, such as those of `preload`. */
  readonly nodeArgs?: readonly string[];
}

/** A folder with request files and a job-info file that is not empty, and a service that counts what is paid. */
export class Trial {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly files: readonly string[];
  readonly #bin: string | undefined;
  readonly #outside: string;

  private constructor(
    folder: string,
    emulator: Emulator,
    {files, bin}: {readonly files: readonly string[]; readonly bin: string | undefined},
  ) {
    this.folder = folder;
    this.emulator = emulator;
    this.files = files;
    this.#bin = bin;
    this.#outside = join(tmpdir(), `${basename(folder)}.trace`);
  }

  /** Runs `work` on a new trial, of which nothing is left afterwards. */
  static async with(
    options: {
      readonly files: number;
      readonly behaviour?: Partial<Behaviour>;
      readonly speed?: number;
      /** Where the folder is made; by default where the system has such things. */
      readonly parent?: string;
      /** The build whose commands are run; by default that of the repository. */
      readonly bin?: string | undefined;
    },
    work: (trial: Trial) => Promise<void>,
  ): Promise<void> {
    const folder = realpathSync(mkdtempSync(join(options.parent ?? tmpdir(), 'gembatch-crash-')));
    const emulator = await createEmulator({
      speed: options.speed ?? 0,
      seed: 1,
      behaviour: options.behaviour ?? {},
    });
    const files = await requestFiles(folder, options.files, 2);
    const trial = new Trial(folder, emulator, {files, bin: options.bin});
    writeFileSync(trial.jobInfo, OLD_LINES);
    try {
      await work(trial);
    } finally {
      await emulator.close();
      rmSync(folder, {recursive: true, force: true, maxRetries: 3});
      rmSync(trial.#outside, {force: true});
    }
  }

  get jobInfo(): string {
    return join(this.folder, 'job-info.jsonl');
  }

  /** Starts a command, by default `submit` of all files. */
  start(command: readonly string[], options: TrialRun = {}): RunningCli {
    const {fault, speed, hasStepClock = false, clockShiftMs = 0, args = [], nodeArgs = []} = options;
    const {bin = this.#bin} = options;
    rmSync(this.#outside, {force: true});
    const faulty = {root: this.folder, trace: this.#outside, ...fault};
    return startCli([...command, ...args], {
      cwd: this.folder,
      env: {
        GOOGLE_GEMINI_BASE_URL: this.emulator.url,
        GEMINI_API_KEY: 'test-key',
        GOOGLE_VERTEX_BASE_URL: this.emulator.url,
        STORAGE_EMULATOR_HOST: this.emulator.url,
        GOOGLE_CLOUD_PROJECT: 'my-project',
        GEMBATCH_FS_FAULT: JSON.stringify(faulty),
        GEMBATCH_TEST_SHIFT_MS: String(clockShiftMs),
        ...(speed === undefined ? {} : {GEMBATCH_TEST_SPEED: String(speed)}),
      },
      nodeArgs: [
        ...(speed === undefined ? [] : FAST_CLOCK),
        ...(hasStepClock ? STEP_CLOCK : []),
        ...FAULTY_FS,
        ...nodeArgs,
      ],
      ...(bin === undefined ? {} : {bin}),
    });
  }

  /**
   * Runs a command to its end.
   *
   * @throws Error with what it said when it does not end.
   */
  async run(command: readonly string[], options: TrialRun = {}): Promise<CliResult> {
    const running = this.start(command, options);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      running.process.kill('SIGKILL');
    }, LONGEST_RUN_MS);
    const result = await running.ended;
    clearTimeout(timer);
    if (!isLate) return result;
    const said = [result.stdout, result.stderr].map((text) => text.slice(-LAST_WORDS)).join('\n');
    throw new Error(
      `"${command.join(' ')}" had not ended after ${LONGEST_RUN_MS / 1000} s. It said:\n${said}`,
    );
  }

  /** Starts a command and kills it once something has come about at the service. */
  async killWhen(
    command: readonly string[],
    condition: () => boolean,
    options: TrialRun = {},
  ): Promise<void> {
    const victim = this.start(command, options);
    await until(condition, LONGEST_RUN_MS);
    victim.process.kill('SIGKILL');
    await victim.ended;
  }

  /** The operations of the last command, in their order. */
  trace(): readonly TracedStep[] {
    return readFileSync(this.#outside, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TracedStep);
  }

  /** How long the last command had slept by its step clock before its first create, in milliseconds. */
  firstCreateMs(): number {
    return this.trace().find(({op}) => op === 'create')?.ms ?? Number.NaN;
  }

  /** The last operation of the last command, for messages. */
  lastStep(): string {
    const last = this.trace().at(-1);
    return last === undefined ? 'no file operation' : this.nameOf(last);
  }

  /** An operation, for messages. */
  nameOf({op, path = ''}: TracedStep): string {
    return `${op} ${path.slice(this.folder.length + 1)}`;
  }

  /** The job records of the request files, as the store reads them. */
  records(): readonly JobRecord[] {
    return this.#store()
      .read()
      .records.map(({record}) => record)
      .filter(({input_file: file}) => file !== 'old.jsonl');
  }

  /** What a crash must never do, whatever comes afterwards: paid jobs nobody knows, records that are gone. */
  lossesNow(): readonly string[] {
    const {records, openIntents} = this.#store().read();
    const known = new Set([
      ...records.map(({record}) => record.attempt),
      ...openIntents.map(({attempt}) => attempt),
    ]);
    const unknown = this.#paid().filter(({display_name: name}) => !known.has(attemptOf(name)));
    return [...unknown.map(({display_name: name}) => `paid and unknown: ${name}`), ...this.#changedLines()];
  }

  /** What is wrong after an undisturbed run of the same command. */
  faultsAfterRecovery(): readonly string[] {
    const paid = this.#paid();
    const jobs = this.records().map(({batch}) => batch.name);
    const faults = [...this.#changedLines()];
    if (
      paid.length !== this.files.length ||
      new Set(paid.map(({sha256}) => sha256)).size !== this.files.length
    )
      faults.push(`paid: ${paid.map(({display_name: name}) => name).join(', ')}`);
    if (
      jobs.toSorted().join() !==
      paid
        .map(({name}) => name)
        .toSorted()
        .join()
    )
      faults.push(`recorded ${jobs.join(', ')}, paid ${paid.map(({name}) => name).join(', ')}`);
    const left = readdirSync(this.folder).filter((name) => name.startsWith('job-info.jsonl.'));
    if (left.length > 0) faults.push(`left behind: ${left.join(', ')}`);
    return faults;
  }

  /** What is wrong with results on disk, against what was deleted at the service. */
  lossesOfResults(): readonly string[] {
    const remote = new Set(this.emulator.control.jobs());
    return this.#paid().flatMap(({name}) => {
      if (remote.has(name)) return [];
      const record = this.records().find(({batch}) => batch.name === name);
      if (record?.results === undefined) return [`${name} is deleted and its result is not recorded`];
      return this.hasWholeResult(record) ? [] : [`${name} is deleted and its result is not on disk`];
    });
  }

  /** Whether the result file of a job answers both of its requests. */
  hasWholeResult({input_file: inputFile, results}: JobRecord): boolean {
    const path = join(this.folder, results?.file ?? join('results', inputFile));
    if (!existsSync(path)) return false;
    const keys = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as {key: string}).key);
    return keys.toSorted().join() === 'r1,r2';
  }

  /** Puts something else where the result of each request file goes. */
  takeResultNames(): void {
    mkdirSync(join(this.folder, 'results'), {recursive: true});
    for (const {input_file: file} of this.records())
      writeFileSync(join(this.folder, 'results', file), '{}\n');
  }

  /** Files that are submitted and whose results are not on disk. */
  missingResults(): readonly string[] {
    return this.records()
      .filter((record) => !this.hasWholeResult(record))
      .map(({input_file: file}) => `no result of ${file}`);
  }

  /** Attempts whose create took effect. */
  paidAttempts(): readonly string[] {
    return this.#paid().map(({display_name: name}) => attemptOf(name));
  }

  /** The jobs that are ours: every one that was made under a display name of ours. */
  #paid(): readonly PaidJob[] {
    return this.emulator.control.paid().filter(({display_name: name}) => name.includes(' #gb-'));
  }

  #changedLines(): readonly string[] {
    return readFileSync(this.jobInfo, 'utf8').startsWith(OLD_LINES) ? [] : ['old lines have changed'];
  }

  #store(): JobStore {
    return JobStore.open(this.jobInfo, {command: 'crash suite', clock: systemClock});
  }
}

/** The last part of a display name. */
function attemptOf(displayName: string): string {
  return displayName.slice(displayName.lastIndexOf('-') + 1);
}

/** Arguments of node that load a module beside this one before anything else. */
export function preload(name: string): readonly string[] {
  return ['--import', pathToFileURL(join(ROOT, 'test/crash/support', name)).href];
}

const FAULTY_FS = preload('faulty-fs.js');
const STEP_CLOCK = preload('step-clock.js');
