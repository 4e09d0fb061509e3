import * as Flags from '@oclif/core/flags';
import type {ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput} from '@oclif/core/parser';
import type {Clock} from '../lib/domain/clock.js';
import {ownCommand} from '../lib/domain/program-name.js';
import type {BatchService} from '../lib/services/batch-service.js';
import type {OutageOptions} from '../lib/services/http/outage.js';
import {printable, printableJson} from '../lib/output/terminal/printable.js';
import {outputMode, type Display} from '../lib/output/terminal/screen.js';
import type {CreateFile} from '../lib/workflows/poll/poll-run.js';
import {GembatchError} from '../lib/domain/errors.js';
import type {JobStore} from '../lib/store/job-store.js';
import type {RequestFile} from '../lib/workflows/submit/collect-inputs.js';
import type {SubmitOptions} from '../lib/workflows/submit/submit-run.js';
import {apiKeyFrom, hideKeys} from './connection/api-key.js';
import {loadConfiguration, profileIn, type Configuration} from './config/configuration.js';
import {environmentOf, withConfiguration} from './config/configured-flags.js';
import {GembatchCommand} from './gembatch-command.js';
import {serviceUrlFrom} from './connection/service-url.js';
import {stopOnSignals} from './stop-signal.js';
import {systemClock} from '../lib/system-clock.js';

/** Where a preloaded module (`node --import`) may put another clock, so that a test need not wait for real time. */
const CLOCK = Symbol.for('gembatch.clock');

/** How long a command that is to end soon tries to reach the service. */
export const BRIEF_OUTAGE_MS = 20_000;

/** Results are for whoever the person's umask lets read them. */
const RESULT_MODE = 0o666;

/**
 * What the commands share that work on the job-info file: flags and the adapters that a workflow needs.
 *
 * Nothing is loaded before a command asks for it, so that help and wrong usage answer at once.
 */
export abstract class BaseCommand extends GembatchCommand {
  static override enableJsonFlag = true;

  static override baseFlags = {
    'job-info': Flags.string({
      description: 'records of the batch jobs',
      helpValue: '<file>',
      helpGroup: 'GLOBAL',
      env: 'GEMBATCH_JOB_INFO',
      default: 'job-info.jsonl',
    }),
    profile: Flags.string({
      description: 'profile of the configuration file',
      helpValue: '<name>',
      helpGroup: 'GLOBAL',
      env: 'GEMBATCH_PROFILE',
    }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'print nothing but results and errors',
      helpGroup: 'GLOBAL',
    }),
  };

  #configuration: Promise<Configuration> | undefined;
  #client: BatchService | undefined;

  protected readonly clock: Clock = (globalThis as {[CLOCK]?: Clock})[CLOCK] ?? systemClock;

  /**
   * As that of every command; flags that are not given have the value of the configuration file.
   *
   * @throws GembatchError USAGE, also for a configuration file that is wrong.
   */
  protected override async parse<
    F extends OutputFlags<FlagInput>,
    B extends OutputFlags<FlagInput>,
    A extends OutputArgs<ArgInput>,
  >(options?: Input<F, B, A>, argv: string[] = this.argv): Promise<ParserOutput<F, B, A>> {
    const configuration = await this.configuration(argv);
    const {flags = {}, baseFlags = {}, args = {}, strict, enableJsonFlag} = options ?? this.ctor;
    const configured = {
      args,
      flags: withConfiguration(flags, configuration),
      baseFlags: withConfiguration(baseFlags, configuration),
      ...(strict === undefined ? {} : {strict}),
      ...(enableJsonFlag === undefined ? {} : {enableJsonFlag}),
    };
    return super.parse(configured as Input<F, B, A>, argv);
  }

  /**
   * What the configuration files say. The user's own settings stand in for variables of the environment that are not set.
   *
   * @throws GembatchError USAGE.
   */
  protected configuration(argv: readonly string[] = this.argv): Promise<Configuration> {
    this.#configuration ??= this.#readConfiguration(argv);
    return this.#configuration;
  }

  async #readConfiguration(argv: readonly string[]): Promise<Configuration> {
    const {env} = process;
    const configuration = await loadConfiguration({cwd: process.cwd(), env}, profileIn(argv));
    for (const warning of configuration.warnings) process.stderr.write(`Warning: ${printable(warning)}\n`);
    Object.assign(env, environmentOf(configuration, env));
    return configuration;
  }

  /**
   * The API key of the environment.
   *
   * @throws GembatchError KEY_MISSING, KEY_REFUSED
   */
  protected apiKey(): string {
    const {value, warning} = apiKeyFrom(process.env);
    if (warning !== undefined) this.logToStderr(`Warning: ${warning}`);
    return value;
  }

  /**
   * The API key, for work on request files.
   *
   * @throws GembatchError KEY_MISSING, KEY_REFUSED, which say what a short look finds wrong with the files, too.
   */
  protected async apiKeyOrFaults(
    store: JobStore,
    files: readonly RequestFile[],
    options: Pick<SubmitOptions, 'allowed' | 'isForced' | 'isValidated'>,
  ): Promise<string> {
    try {
      return this.apiKey();
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      const {firstFaults, withFaults} = await import('../lib/workflows/submit/model-look-up.js');
      const {address} = await this.offlineService();
      throw withFaults(error, await firstFaults(store, files, {...options, address}));
    }
  }

  /** What work has in place of a client that sends nothing. */
  protected async offlineService(): Promise<BatchService> {
    const baseUrl = this.serviceUrl();
    const [{OfflineService}, {recordedAddress}] = await Promise.all([
      import('../lib/services/offline-service.js'),
      import('../lib/domain/job/service-address.js'),
    ]);
    return new OfflineService(baseUrl === undefined ? undefined : recordedAddress(baseUrl));
  }

  /**
   * Address of the service where the environment names another than Google's.
   *
   * @throws GembatchError USAGE
   */
  protected serviceUrl(): string | undefined {
    return serviceUrlFrom(process.env);
  }

  /**
   * The store at `path`; nothing is created yet.
   *
   * @param path - the value of `--job-info`.
   * @throws GembatchError STORAGE
   */
  protected async openStore(path: string): Promise<JobStore> {
    const store = await import('../lib/store/job-store.js');
    const command = ownCommand(this.id ?? '');
    return store.JobStore.open(path, {command, clock: this.clock, version: this.ownVersion});
  }

  /**
   * A client of the service; nothing is sent yet.
   *
   * @param outage - ends all its calls when none of them is answered for so long.
   * @throws GembatchError USAGE when the environment names an unusable address.
   */
  protected async createClient(apiKey: string, outage?: OutageOptions): Promise<BatchService> {
    const baseUrl = this.serviceUrl();
    const {GeminiBatchClient} = await import('../lib/services/gemini/gemini-batch-client.js');
    this.#client = new GeminiBatchClient({
      apiKey,
      clock: this.clock,
      ...(baseUrl === undefined ? {} : {baseUrl}),
      ...(outage === undefined ? {} : {outage}),
    });
    return this.#client;
  }

  /** A client for a command that a person waits for: it says on stderr that nobody answers, and soon gives up. */
  protected async createBriefClient(apiKey: string, flags: {quiet: boolean}): Promise<BatchService> {
    const onBegin = (reason: string): void => {
      const text = `${reason.replace(/\.$/u, '')}. Trying again for up to ${BRIEF_OUTAGE_MS / 1000} s.`;
      if (!flags.quiet) process.stderr.write(`${hideKeys(printable(text), process.env)}\n`);
    };
    return this.createClient(apiKey, {limitMs: BRIEF_OUTAGE_MS, onBegin});
  }

  /** Starts files that appear at their target whole or not at all, and never over another file. */
  protected async fileMaker(): Promise<CreateFile> {
    const {AtomicFile} = await import('../lib/store/file/atomic-file.js');
    return (target, options) => AtomicFile.open(target, {...options, mode: RESULT_MODE});
  }

  /** How the command shows its progress, and where. */
  protected display(flags: {quiet: boolean}): Display {
    const {stdout, stderr, env} = process;
    const screen = {stdout, stderr, env};
    return {
      screen,
      clock: this.clock,
      mode: outputMode(screen, {isJson: this.jsonEnabled(), isQuiet: flags.quiet}),
    };
  }

  /** Aborts when the command is to end; see `stopOnSignals`. Call it once. */
  protected stopSignal(
    notify: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
  ): AbortSignal {
    return stopOnSignals(notify);
  }

  protected override async init(): Promise<void> {
    await super.init();
    // Whoever read the messages is gone; what the command does goes on.
    process.stderr.on('error', () => undefined);
    process.once('uncaughtException', (error) => {
      this.fail(error);
      // oxlint-disable-next-line unicorn/no-process-exit -- after an uncaught exception nothing can be relied on.
      process.exit();
    });
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#client?.close?.();
    return super.finally(error);
  }

  /** As oclif's, but printable and never in colour: to colour the JSON of many jobs takes longer than all the rest. */
  override logJson(json: unknown): void {
    this.printJson(json, 2);
  }

  /** Prints JSON on stdout, without an API key and whatever a terminal obeys; on one line without `indent`. */
  protected printJson(value: unknown, indent?: number): void {
    process.stdout.write(`${hideKeys(printableJson(value, indent), process.env)}\n`);
  }
}
