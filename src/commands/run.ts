import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {GembatchError} from '../lib/domain/errors.js';
import {exitCodeOfRun} from '../lib/domain/outcome.js';
import {collectRequestFiles} from '../lib/workflows/submit/collect-inputs.js';
import type {PreparedSources, SourceOutcome} from '../lib/workflows/prepare/prepare-sources.js';
import type {CreateFile, PollDeps} from '../lib/workflows/poll/poll-run.js';
import type {RetryRounds} from '../lib/workflows/run/retry-bad-rows.js';
import type {SubmitOptions} from '../lib/workflows/submit/submit-run.js';
import type {RunResult, RunViews} from '../lib/workflows/run/run-report.js';
import {tellGitHubActions, type CommandWork} from '../cli/github-actions.js';
import {tellDone, type OnDoneResult} from '../cli/on-done.js';
import {withRareHidden} from '../cli/flags/flags.js';
import {PREPARE_DEFAULTS, recipeFlags, recipeOf, type RecipeFlagValues} from '../cli/flags/prepare-flags.js';
import {pollFlags, pollTermsOf, resultsPlaceOf, fetchesLeft} from '../cli/flags/poll-flags.js';
import {queueFlags, queueTermsOf} from '../cli/flags/queue-flags.js';
import {chosenService} from '../cli/connection/choose-service.js';
import {refuseAddresses} from '../lib/domain/bucket/bucket-input.js';
import {readPrices} from '../cli/prices.js';
import {
  checkFlag,
  ifChangedFlag,
  modelConsent,
  modelFlag,
  submitFlags,
  submitOptionsOf,
} from '../cli/flags/submit-flags.js';

/** The `--json` object of `gembatch run`. */
export interface RunOutcome extends RunResult {
  /** What became of the tables and other sources among the arguments. */
  readonly sources?: readonly SourceOutcome[];
  /** How the command of `--on-done` ended. */
  readonly on_done?: OnDoneResult;
}

/** `gembatch run FILES...` */
export default class Run extends BaseCommand {
  static override summary = 'Turn tables, folders of files or request files into results, in one go.';

  static override description = `Does what "prepare", "submit" and "poll" do, and takes rare flags of the last two. A table such as reviews.csv becomes request files in reviews/.

Run it again to go on, or when rows were added: nothing is sent twice.`;

  static override examples = [
    {
      description: 'Ask one question about each row of a table',
      command: `<%= config.bin %> <%= command.id %> reviews.csv -p 'Rate {{ text }}' -m gemini-3.5-flash-lite`,
    },
    {
      description: 'Turn a folder of request files into a folder of results',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl -m gemini-3.5-flash-lite',
    },
  ];

  static override args = {
    files: Args.string({
      description: 'tables, folders, request files, patterns, gs:// addresses',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    ...recipeFlags,
    model: modelFlag,
    'if-changed': ifChangedFlag,
    check: {...checkFlag, hidden: true},
    retries: Flags.integer({description: 'send bad rows again, so often', default: 0, min: 0, max: 20}),
    ...withRareHidden({...submitFlags, ...pollFlags, ...queueFlags}),
  };

  #work: CommandWork | undefined;

  async run(): Promise<RunOutcome> {
    const {args, flags, raw} = await this.parse(Run);
    const service = chosenService(flags, process.env);
    const place = resultsPlaceOf(flags, service);
    if (place.resultsPlace !== undefined && flags.canary !== undefined) throw noCanary();
    refuseAddresses(args.files, service);
    const stop = this.stopSignal();
    const createFile = await this.fileMaker();
    const prepared = await this.#prepare(args.files, flags, {createFile, signal: stop});
    const store = await this.openStore(flags['job-info']);
    const submitOptions = {
      ...submitOptionsOf({...flags, 'quota-wait': null}),
      model: flags.model,
      isForced: false,
    };
    const named = await collectRequestFiles(prepared.files, store, process.cwd());
    const connection = await this.connectionOrFaults(flags, {store, files: named}, submitOptions);
    const [{runFiles}, views, client, prices] = await Promise.all([
      import('../lib/workflows/run/run-files.js'),
      this.#views(flags),
      this.createClient(connection),
      readPrices(flags.prices),
    ]);
    const deps = {store, client, clock: this.clock, createFile, prices};
    const submit = {
      ...submitOptions,
      prices,
      files: prepared.files,
      cwd: process.cwd(),
      isDryRun: false,
      ifChanged: flags['if-changed'],
      ...place,
      ...modelConsent(this.jsonEnabled()),
      stop,
    };
    const poll = {
      ...pollTermsOf(flags),
      resultsDir: place.resultsDir,
      fetchesLeft: place.resultsPlace === undefined && fetchesLeft(raw),
      isOnce: false,
      createGraceMs: flags['create-grace'],
      stop,
    };
    const first = await runFiles(deps, {submit, queue: queueTermsOf(flags), poll}, views);
    const result = await this.#retried(deps, first, {rounds: flags.retries, submit, poll}, views);
    const jobs = jobsOf(result);
    const notSubmitted = result.submit.files.filter(
      ({job, outcome}) => job === undefined && outcome !== 'skipped',
    );
    if (jobs.length + notSubmitted.length > 0) this.#work = {store, names: jobs, notSubmitted};
    const exitCode = exitCodeOfRun(prepared.exit_code, result.exit_code);
    const end =
      result.poll === null ? {} : await tellDone(flags['on-done'], {...result.poll, exit_code: exitCode});
    process.exitCode = exitCode;
    const sources = prepared.sources.length === 0 ? {} : {sources: prepared.sources};
    return {...result, ...sources, ...end, exit_code: exitCode};
  }

  /** Makes request files of the tables and other sources among the arguments. */
  async #prepare(
    args: readonly string[],
    flags: RecipeFlagValues & {readonly quiet: boolean; readonly 'if-changed': SubmitOptions['ifChanged']},
    {createFile, signal}: {readonly createFile: CreateFile; readonly signal: AbortSignal},
  ): Promise<PreparedSources> {
    const {prepareArguments} = await import('../cli/flags/prepare-arguments.js');
    const recipe = recipeOf({...flags, ...PREPARE_DEFAULTS}, process.cwd());
    return prepareArguments(
      {createFile, display: this.display(flags)},
      {...recipe, args, ifChanged: flags['if-changed'], signal},
    );
  }

  async #retried(
    deps: Omit<PollDeps, 'report'>,
    result: RunResult,
    terms: RetryRounds,
    views: RunViews,
  ): Promise<RunResult> {
    const isStopped = result.canaries?.some(({verdict}) => verdict === 'stopped');
    if (terms.rounds === 0 || isStopped === true) return result;
    const {retryBadRows} = await import('../lib/workflows/run/retry-bad-rows.js');
    return retryBadRows(deps, result, {...terms, submit: {...terms.submit, model: undefined}}, views);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await tellGitHubActions(this.#work, process.exitCode);
    return super.finally(error);
  }

  async #views(flags: {quiet: boolean}): Promise<RunViews> {
    const display = this.display(flags);
    const {mode, screen, clock} = display;
    const [{SubmitView}, {createPollView, SILENT_POLL_VIEW}] = await Promise.all([
      import('../lib/output/submit/submit-view.js'),
      import('../lib/output/poll/create-poll-view.js'),
    ]);
    return {
      submission: () => new SubmitView({...display, isLong: true}),
      polling: () =>
        mode === 'silent'
          ? SILENT_POLL_VIEW
          : createPollView({
              mode,
              clock,
              stdout: process.stdout,
              stderr: screen.stderr,
              env: process.env,
              again: 'the same command again; nothing is sent twice',
            }),
    };
  }
}

function noCanary(): GembatchError {
  return new GembatchError(
    'USAGE',
    'Results that stay in a bucket tell --canary nothing; nothing was sent.',
    {
      suggestions: ['Leave out --canary, or name a folder of this machine: --results-dir FOLDER'],
    },
  );
}

function jobsOf({submit}: RunResult): readonly string[] {
  return submit.files.flatMap(({job}) => (job === undefined ? [] : [job.name]));
}
