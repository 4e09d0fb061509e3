import {resolve} from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../base-command.js';
import {durationFlag} from '../flags.js';
import {EXIT} from '../lib/domain/errors.js';
import type {PollViewOptions} from '../lib/output/poll-view.js';
import type {PollSummary} from '../lib/workflows/poll-report.js';
import {exitCodesHelp} from '../shell/exit-codes-help.js';
import type {OnDoneResult} from '../shell/on-done.js';

/** The last `--json` event of `gembatch poll`. */
export interface PollResult extends PollSummary {
  readonly event: 'summary';
  /** How the command of `--on-done` ended. */
  readonly on_done?: OnDoneResult;
}

/** `gembatch poll [FILE|JOB...]` */
export default class Poll extends BaseCommand {
  static override summary = 'Follow batch jobs to their end and fetch their results.';

  static override description = `Asks the service how the recorded batch jobs stand until all are over. The results of each are streamed to the folder "results" beside its request file, checked row by row against the requests, made durable and recorded; only then are the uploaded file and the job deleted at the service.

It can be stopped and started again at any time, and run beside "gembatch submit", whose new jobs it follows too. Ctrl-C stops watching: what is being recorded is finished, half downloads are removed, the jobs go on. Trouble with the network is waited out. A batch job may take a day.

${exitCodesHelp(['ok', 'failed', 'partial', 'running', 'locked', 'credentials', 'quota', 'unclear', 'service', 'storage', 'interrupted', 'terminated'])}`;

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
    jobs: Args.string({
      description: 'request files or batch jobs to follow [default: all]',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    once: Flags.boolean({description: 'look once, fetch what is ready, and end'}),
    interval: durationFlag({
      description: 'how often to ask the service; more rarely, up to 5m, while nothing moves',
      default: 30_000,
      defaultHelp: async () => '30s',
    }),
    timeout: durationFlag({description: 'when to stop watching [default: when all jobs are over]'}),
    'keep-remote': Flags.boolean({description: 'delete nothing at the service'}),
    'results-dir': Flags.string({
      description: 'folder for the results [default: "results" beside each request file]',
      helpValue: '<folder>',
    }),
    'on-done': Flags.string({
      description:
        'run a shell command when all jobs are over; GEMBATCH_OUTCOME and others tell it how it went',
      helpValue: '<command>',
    }),
    'create-grace': durationFlag({
      description: 'how long a batch job whose creation was not answered is looked for',
      env: 'GEMBATCH_CREATE_GRACE',
      default: 120_000,
      defaultHelp: async () => '2m',
    }),
  };

  async run(): Promise<PollResult> {
    const {args, flags} = await this.parse(Poll);
    const apiKey = this.apiKey();
    const [{pollJobs}, {createPollView}, store, client, createFile] = await Promise.all([
      import('../lib/workflows/poll-jobs.js'),
      import('../lib/output/poll-view.js'),
      this.openStore(flags['job-info']),
      this.createClient(apiKey),
      this.fileMaker(),
    ]);
    const stop = this.stopSignal();
    const view = createPollView({
      mode: this.#viewMode(flags.quiet),
      clock: this.clock,
      stdout: process.stdout,
      stderr: process.stderr,
      stop,
      nextCommand: nextCommandFor,
    });
    try {
      const summary = await pollJobs(
        {store, client, clock: this.clock, createFile, report: view.report},
        {
          selection: args.jobs ?? [],
          isOnce: flags.once,
          intervalMs: flags.interval,
          timeoutMs: flags.timeout ?? null,
          keepsRemote: flags['keep-remote'],
          resultsDir: flags['results-dir'] === undefined ? null : resolve(flags['results-dir']),
          createGraceMs: flags['create-grace'],
          stop,
        },
      );
      return await this.#done(summary, flags['on-done']);
    } finally {
      view.close();
    }
  }

  /** One event per line; the last one is what `run` returns. */
  override logJson(event: unknown): void {
    process.stdout.write(`${JSON.stringify(event)}
`);
  }

  /** With `--json` the error that ended the run is the last event. */
  protected override async catch(error: Error): Promise<void> {
    if (!this.jsonEnabled() || ('code' in error && error.code === 'EEXIT')) return super.catch(error);
    const failure = this.toErrorJson(error);
    this.logJson({event: 'failure', ...failure});
    process.exitCode = failure.error.exit_code;
  }

  #viewMode(isQuiet: boolean): PollViewOptions['mode'] {
    if (this.jsonEnabled()) return 'json';
    if (isQuiet) return 'quiet';
    const isLive = process.stderr.isTTY && !process.env['CI'] && process.env['TERM'] !== 'dumb';
    return isLive ? 'live' : 'plain';
  }

  /** Runs the command of `--on-done` once all is over. Its failure does not replace an exit code that says more. */
  async #done(summary: PollSummary, command: string | undefined): Promise<PollResult> {
    const result: PollResult = {event: 'summary', ...summary};
    process.exitCode = summary.exit_code;
    if (command === undefined || summary.ended !== 'finished') return result;
    const {runOnDone} = await import('../shell/on-done.js');
    const onDone = await runOnDone(command, factsFor(summary));
    if (onDone.exit_code === 0) return {...result, on_done: onDone};
    process.stderr.write(
      `Warning: the command of --on-done failed (${onDone.exit_code ?? 'not run'}): ${command}\n`,
    );
    const exitCode = summary.exit_code === EXIT.ok ? EXIT.failed : summary.exit_code;
    process.exitCode = exitCode;
    return {...result, exit_code: exitCode, on_done: onDone};
  }
}

/** What the command of `--on-done` finds in its environment. */
function factsFor(summary: PollSummary): Readonly<Record<string, string>> {
  const {failed, cancelled, expired, lost} = summary;
  const outcome = Object.entries(EXIT).find(([, code]) => code === summary.exit_code)?.[0] ?? 'failed';
  return {
    GEMBATCH_OUTCOME: outcome,
    GEMBATCH_EXIT_CODE: String(summary.exit_code),
    GEMBATCH_JOBS: String(summary.jobs),
    GEMBATCH_DONE: String(summary.done),
    GEMBATCH_FAILED: String(failed + cancelled + expired + lost),
    GEMBATCH_BAD_ROWS: String(summary.bad_row_count),
    GEMBATCH_JOB_INFO: summary.job_info,
  };
}

function nextCommandFor(exitCode: number): string | undefined {
  return exitCode === EXIT.running || exitCode === EXIT.interrupted ? 'gembatch poll' : undefined;
}
