import * as Args from '@oclif/core/args';
import {BaseCommand} from '../cli/base-command.js';
import type {PollView} from '../lib/output/poll/poll-view.js';
import type {RunResult, RunViews} from '../lib/workflows/run/run-files.js';
import {tellDone, type OnDoneResult} from '../cli/on-done.js';
import {nextCommandAfterPoll, pollFlags, pollTermsOf} from '../cli/poll-flags.js';
import {ifChangedFlag, modelConsent, modelFlag, submitFlags, submitOptionsOf} from '../cli/submit-flags.js';

/** The `--json` object of `gembatch run`. */
export interface RunOutcome extends RunResult {
  /** How the command of `--on-done` ended. */
  readonly on_done?: OnDoneResult;
}

/** `gembatch run FILES...` */
export default class Run extends BaseCommand {
  static override summary = 'Submit request files, follow their batch jobs and fetch the results, in one go.';

  static override description = `Does what "<%= config.bin %> submit" and then "<%= config.bin %> poll" do for the named files, as one step of CI. It ends when all results are on disk; the exit code says how it went.

After an interruption, run the same command again: it goes on where it was and sends nothing twice. Meanwhile the jobs keep running.`;

  static override examples = [
    {
      description: 'Turn a folder of request files into a folder of results',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl',
    },
    {
      description: 'Give up watching after six hours; run it again later to go on',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl --timeout 6h',
    },
  ];

  static override args = {
    files: Args.string({
      description: 'request files: paths or glob patterns',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {model: modelFlag, 'if-changed': ifChangedFlag, ...submitFlags, ...pollFlags};

  async run(): Promise<RunOutcome> {
    const {args, flags} = await this.parse(Run);
    const apiKey = this.apiKey();
    const [{runFiles}, views, store, client, createFile] = await Promise.all([
      import('../lib/workflows/run/run-files.js'),
      this.#views(flags),
      this.openStore(flags['job-info']),
      this.createClient(apiKey),
      this.fileMaker(),
    ]);
    const stop = this.stopSignal();
    const result = await runFiles(
      {store, client, clock: this.clock, createFile},
      {
        submit: {
          ...submitOptionsOf(flags),
          files: args.files,
          cwd: process.cwd(),
          model: flags.model,
          isDryRun: false,
          ifChanged: flags['if-changed'],
          resultsDir: pollTermsOf(flags).resultsDir,
          ...modelConsent(this.jsonEnabled()),
          stop,
        },
        poll: {...pollTermsOf(flags), isOnce: false, createGraceMs: flags['create-grace'], stop},
      },
      views(stop),
    );
    const end =
      result.poll === null
        ? {}
        : await tellDone(flags['on-done'], {...result.poll, exit_code: result.exit_code});
    const outcome = {...result, ...end};
    process.exitCode = outcome.exit_code;
    return outcome;
  }

  async #views(flags: {quiet: boolean}): Promise<(stop: AbortSignal) => RunViews> {
    const display = this.display(flags);
    const {mode, screen, clock} = display;
    const [{SubmitView}, {createPollView}] = await Promise.all([
      import('../lib/output/submit/submit-view.js'),
      import('../lib/output/poll/poll-view.js'),
    ]);
    return (stop) => ({
      submission: () => new SubmitView(display),
      polling: () =>
        mode === 'silent'
          ? SILENT_VIEW
          : createPollView({
              mode,
              clock,
              stdout: process.stdout,
              stderr: screen.stderr,
              stop,
              nextCommand: nextCommandAfterPoll,
            }),
    });
  }
}

/** With `--json` the one object at the end says it all. */
const SILENT_VIEW: PollView = {report: () => undefined, close: () => undefined};
