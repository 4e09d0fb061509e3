import * as Flags from '@oclif/core/flags';
import {BaseCommand, BRIEF_OUTAGE_MS} from '../cli/base-command.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import {createGraceFlag, RARE} from '../cli/flags/flags.js';
import type {PollSummary} from '../lib/workflows/poll/poll-report.js';
import {tellGitHubActions, type CommandWork} from '../cli/github-actions.js';
import {tellDone, type OnDoneResult} from '../cli/on-done.js';
import {pollFlags, pollTermsOf, resultsDirOf, fetchesLeft} from '../cli/flags/poll-flags.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';

/** The last `--json` event of `gembatch poll`. */
export interface PollResult extends PollSummary {
  readonly event: 'summary';
  /** How the command of `--on-done` ended. */
  readonly on_done?: OnDoneResult;
}

/** `gembatch poll [FILE|JOB...]` */
export default class Poll extends BaseCommand {
  static override summary = 'Follow batch jobs to their end and fetch their results.';

  static override description = `Watches the recorded batch jobs until all are finished. Results go to the folder "results" beside each request file and are checked row by row; only when they are safe are the upload and the job deleted at the service.

Stop and restart it at any time, or run it beside "<%= config.bin %> submit", whose new jobs it follows too. Ctrl-C stops watching; the jobs keep running. A batch job may take a day.`;

  static override examples = [
    {
      description: 'Wait for all batch jobs and fetch their results',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'Look once, fetch what is ready, and end: for cron',
      command: '<%= config.bin %> <%= command.id %> --once',
    },
    {
      description: 'Wait for one request file, for at most two hours, and tell when it is done',
      command: `<%= config.bin %> <%= command.id %> batch/001.jsonl --timeout 2h --on-done 'notify-send "$GEMBATCH_OUTCOME"'`,
    },
  ];

  static override args = {
    jobs: jobsArgument('request files or batch jobs to follow [default: all]'),
  };

  static override flags = {
    once: Flags.boolean({description: 'look once, fetch what is ready, and end'}),
    ...pollFlags,
    'create-grace': createGraceFlag(),
    prices: {...pricesFlag, ...RARE},
  };

  #work: CommandWork | undefined;

  async run(): Promise<PollResult> {
    const {args, flags, raw} = await this.parse(Poll);
    const resultsDir = resultsDirOf(flags);
    const connection = this.connection(flags, {follows: true});
    const [{pollJobs}, {createPollView}, store, client, createFile] = await Promise.all([
      import('../lib/workflows/poll/poll-jobs.js'),
      import('../lib/output/poll/create-poll-view.js'),
      this.openStore(flags['job-info']),
      this.createClient(connection, flags.once ? {limitMs: BRIEF_OUTAGE_MS} : undefined),
      this.fileMaker(),
    ]);
    this.#work = {store, names: args.jobs ?? []};
    const stop = this.stopSignal();
    const {mode} = this.display(flags);
    const view = createPollView({
      mode: mode === 'silent' ? 'json' : mode,
      clock: this.clock,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
    });
    try {
      const summary = await pollJobs(
        {
          store,
          client,
          clock: this.clock,
          createFile,
          prices: await readPrices(flags.prices),
          report: view.report,
        },
        {
          selection: args.jobs ?? [],
          isOnce: flags.once,
          ...pollTermsOf(flags),
          resultsDir,
          fetchesLeft: fetchesLeft(raw),
          createGraceMs: flags['create-grace'],
          stop,
        },
      );
      const end = await tellDone(flags['on-done'], summary);
      process.exitCode = end.exit_code;
      return {event: 'summary', ...summary, ...end};
    } finally {
      view.close();
    }
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await tellGitHubActions(this.#work, process.exitCode);
    return super.finally(error);
  }

  /** One event per line; the last one is what `run` returns. */
  override logJson(event: unknown): void {
    this.printJson(event);
  }

  /** With `--json` the error that ended the run is the last event. */
  protected override async catch(error: Error): Promise<void> {
    if (!this.jsonEnabled() || ('code' in error && error.code === 'EEXIT')) return super.catch(error);
    const failure = this.toErrorJson(error);
    this.logJson({event: 'failure', ...failure});
    process.exitCode = failure.error.exit_code;
  }
}
