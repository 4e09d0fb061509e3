import * as Flags from '@oclif/core/flags';
import type {ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput} from '@oclif/core/parser';
import type {Clock} from '../lib/domain/clock.js';
import {ownCommand} from '../lib/domain/program-name.js';
import type {PricedService} from '../lib/domain/price/price-list.js';
import {recordedAddress} from '../lib/domain/service/service-address.js';
import type {BatchService} from '../lib/services/batch-service.js';
import type {OutageOptions} from '../lib/services/http/outage.js';
import {printable, printableJson} from '../lib/output/terminal/printable.js';
import {outputMode, type Display} from '../lib/output/terminal/screen.js';
import type {CreateFile} from '../lib/workflows/poll/poll-run.js';
import {EXIT, GembatchError} from '../lib/domain/errors.js';
import type {JobStore} from '../lib/store/job-store.js';
import type {RequestFile} from '../lib/workflows/submit/collect-inputs.js';
import type {SubmitOptions} from '../lib/workflows/submit/submit-run.js';
import {apiKeyFrom, hasApiKey, redactApiKeys} from './connection/api-key.js';
import {chosenService, type ServiceFlags} from './connection/choose-service.js';
import {recordedServices, type RecordedServices} from './connection/recorded-services.js';
import {loadConfiguration, profileIn, type Configuration} from './config/configuration.js';
import {bucketFlag} from './flags/flags.js';
import {environmentOf, withConfiguration} from './config/configured-flags.js';
import {GembatchCommand} from './gembatch-command.js';
import {serviceUrlFrom} from './connection/service-url.js';
import {stopOnSignals} from './stop-signal.js';
import {systemClock} from '../lib/system-clock.js';

/** The flags that decide how a command reaches the service. */
export interface ConnectionFlags extends ServiceFlags {
  readonly 'job-info': string;
}

/** How a command reaches the service. */
export interface Connection {
  /** Where new jobs go. */
  readonly service: PricedService;
  readonly apiKey: string | undefined;
  readonly bucket: string | undefined;
  readonly recorded: RecordedServices;
}

/** Where a preloaded module (`node --import`) may put another clock, so that a test need not wait for real time. */
const CLOCK = Symbol.for('gembatch.clock');

/** How long a command that is to end soon tries to reach the service. */
export const BRIEF_OUTAGE_MS = 20_000;

/** The umask decides who may read results. */
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
    vertex: Flags.boolean({
      description: 'submit to Vertex AI in place of the Gemini API (docs/vertex.md)',
      helpGroup: 'GLOBAL',
    }),
    bucket: bucketFlag({
      description: 'where request files and results go on Vertex AI: gs://BUCKET/FOLDER',
      helpGroup: 'GLOBAL',
      env: 'GEMBATCH_BUCKET',
    }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'print nothing but results and errors',
      helpGroup: 'GLOBAL',
    }),
  };

  #configuration: Promise<Configuration> | undefined;
  #client: BatchService | undefined;
  #unreadable: string | undefined;

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

  /** What work has in place of a client that sends nothing. */
  protected async offlineService(service: PricedService): Promise<BatchService> {
    const {OfflineService} = await import('../lib/services/offline-service.js');
    return new OfflineService(service, this.#addressOf(service));
  }

  /** Where the work would go, as records have it. */
  #addressOf(service: PricedService): string | undefined {
    const vertexUrl = process.env['GOOGLE_VERTEX_BASE_URL']?.trim();
    const baseUrl = service === 'vertex' ? vertexUrl || undefined : this.serviceUrl();
    return baseUrl === undefined ? undefined : recordedAddress(baseUrl);
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
   * @param options - `warns`: whether a person is told at the end that lines of it cannot be read.
   * @throws GembatchError STORAGE
   */
  protected async openStore(path: string, {warns = true} = {}): Promise<JobStore> {
    const store = await import('../lib/store/job-store.js');
    const command = ownCommand(this.id ?? '');
    const onUnreadable = (warning: string): void => {
      this.#unreadable = warning;
    };
    return store.JobStore.open(path, {
      command,
      clock: this.clock,
      version: this.ownVersion,
      ...(warns ? {onUnreadable} : {}),
    });
  }

  /**
   * How the command reaches the service: what it needs of the environment is there, or it says what is missing.
   *
   * @param options - `follows` for a command that makes no jobs: a file with jobs of Vertex AI alone needs no flag and no API
   *   key then.
   * @throws GembatchError USAGE, KEY_MISSING, KEY_REFUSED
   */
  protected connection(flags: ConnectionFlags, {follows = false} = {}): Connection {
    const {env} = process;
    const recorded = recordedServices(flags['job-info']);
    const wanted = chosenService(flags, env);
    const isVertex = wanted === 'vertex' || (follows && recorded.vertex && !recorded.gemini);
    const {bucket} = flags;
    if (!isVertex) return {service: 'gemini', apiKey: this.apiKey(), bucket, recorded};
    return {service: 'vertex', apiKey: hasApiKey(env) ? this.apiKey() : undefined, bucket, recorded};
  }

  /**
   * The same, for work on request files.
   *
   * @throws GembatchError USAGE, KEY_MISSING, KEY_REFUSED, which say what a short look finds wrong with the files, too.
   */
  protected async connectionOrFaults(
    flags: ConnectionFlags,
    {store, files}: {store: JobStore; files: readonly RequestFile[]},
    options: Pick<SubmitOptions, 'allowed' | 'isForced' | 'isValidated'>,
  ): Promise<Connection> {
    try {
      return this.connection(flags);
    } catch (error) {
      if (!(error instanceof GembatchError) || error.code === 'USAGE') throw error;
      const {firstLook, withFaults} = await import('../lib/workflows/submit/check/first-faults.js');
      const {faults} = await firstLook(store, files, {...options, address: this.#addressOf('gemini')});
      throw withFaults(error, faults);
    }
  }

  /**
   * A client of the service; nothing is sent yet. Where the job-info file holds jobs of the other service too, it reaches both.
   *
   * @param outage - ends all its calls when none of them is answered for so long.
   * @throws GembatchError USAGE when the environment names an unusable address.
   */
  protected async createClient(connection: Connection, outage?: OutageOptions): Promise<BatchService> {
    const {service, apiKey, recorded} = connection;
    const hasBoth = service === 'vertex' ? recorded.gemini && apiKey !== undefined : recorded.vertex;
    const first = await this.#clientOf(service, connection, outage);
    this.#client = first;
    if (!hasBoth) return first;
    const {BothServices} = await import('../lib/services/both-services.js');
    const second = await this.#clientOf(service === 'vertex' ? 'gemini' : 'vertex', connection, outage);
    this.#client = new BothServices(first, second);
    return this.#client;
  }

  async #clientOf(
    service: PricedService,
    {apiKey = '', bucket, recorded}: Connection,
    outage: OutageOptions | undefined,
  ): Promise<BatchService> {
    const common = {clock: this.clock, ...(outage === undefined ? {} : {outage})};
    if (service === 'vertex') {
      const {vertexClient} = await import('./connection/vertex-client.js');
      return vertexClient({...common, bucket, recorded: recorded.place}, process.env);
    }
    const baseUrl = this.serviceUrl();
    const {GeminiBatchClient} = await import('../lib/services/gemini/gemini-batch-client.js');
    return new GeminiBatchClient({...common, apiKey, ...(baseUrl === undefined ? {} : {baseUrl})});
  }

  /** A client for a command that a person waits for: when the service does not answer, it says so on stderr and soon gives up. */
  protected async createBriefClient(connection: Connection, flags: {quiet: boolean}): Promise<BatchService> {
    const onBegin = (reason: string): void => {
      const text = `${reason.replace(/\.$/u, '')}. Trying again for up to ${BRIEF_OUTAGE_MS / 1000} s.`;
      if (!flags.quiet) process.stderr.write(`${redactApiKeys(printable(text), process.env)}\n`);
    };
    return this.createClient(connection, {limitMs: BRIEF_OUTAGE_MS, onBegin});
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
    // The reader of the messages is gone; the command goes on.
    process.stderr.on('error', () => undefined);
    process.once('uncaughtException', (error) => {
      this.fail(error);
      // oxlint-disable-next-line unicorn/no-process-exit -- after an uncaught exception nothing can be relied on.
      process.exit();
    });
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#client?.close?.();
    // An error that ended the command with this code has said it, line by line.
    if (this.#unreadable !== undefined && (error === undefined || process.exitCode !== EXIT.storage))
      process.stderr.write(`Warning: ${printable(this.#unreadable)}\n`);
    return super.finally(error);
  }

  /** As oclif's, but printable and never in colour: to colour the JSON of many jobs takes longer than all the rest. */
  override logJson(json: unknown): void {
    this.printJson(json, 2);
  }

  /** Prints JSON on stdout, without an API key and whatever a terminal obeys; on one line without `indent`. */
  protected printJson(value: unknown, indent?: number): void {
    process.stdout.write(`${redactApiKeys(printableJson(value, indent), process.env)}\n`);
  }
}
