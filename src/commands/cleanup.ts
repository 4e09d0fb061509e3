import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {createGraceFlag} from '../cli/flags/flags.js';
import type {CleanupResult} from '../lib/workflows/cleanup/clean-up.js';
import {createConfirmOrYes} from '../cli/consent.js';
import {submitFlags} from '../cli/flags/submit-flags.js';

/** `gembatch cleanup [NAME...]` */
export default class Cleanup extends BaseCommand {
  static override summary = 'Delete uploads and finished jobs you no longer need.';

  static override description = `Deletes, at the service, the uploads and batch jobs of this job-info file that are finished: their results are complete on disk, or the job ended without any. Running jobs, results not fetched yet, uploads that an unclear create may need, and everything of other tools stay.

--all covers the whole project, shows what it would delete, and asks first. Running jobs and results not fetched yet still stay unless you name them; a named running job is cancelled first. Uploads of the last hour that no job uses stay too, and, while any job runs, the files of other tools.`;

  static override examples = [
    {description: 'See what would be deleted', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    {
      description: 'Delete what this job-info file no longer needs',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'Clean the whole project up, in a script',
      command: '<%= config.bin %> <%= command.id %> --all --yes',
    },
  ];

  static override args = {
    names: Args.string({
      description:
        'request files, jobs (batches/…) and uploads (files/…) to delete too, even if results are lost',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    all: Flags.boolean({description: 'look through the whole project, also what other tools left'}),
    yes: Flags.boolean({char: 'y', description: 'delete without asking'}),
    'dry-run': Flags.boolean({char: 'n', description: 'say what would be deleted, delete nothing'}),
    'lock-timeout': submitFlags['lock-timeout'],
    'create-grace': createGraceFlag(),
  };

  async run(): Promise<CleanupResult> {
    const {args, flags} = await this.parse(Cleanup);
    const connection = this.connection(flags, {follows: true});
    const isAsked = flags.all || args.names !== undefined;
    const [{cleanUp}, {cleanupLines, planLines}, {createLineView}, store, client] = await Promise.all([
      import('../lib/workflows/cleanup/clean-up.js'),
      import('../lib/output/cleanup-lines.js'),
      import('../lib/output/text/line-view.js'),
      this.openStore(flags['job-info']),
      this.createBriefClient(connection, flags),
    ]);
    const {screen, mode} = this.display(flags);
    const view = createLineView(screen, mode);
    const result = await cleanUp(
      {store, client, clock: this.clock, report: ({message}) => view.note(message)},
      {
        names: args.names ?? [],
        isWholeProject: flags.all,
        isDryRun: flags['dry-run'],
        ...(isAsked ? {consent: (plan) => this.#agree(plan, planLines(plan), flags.yes)} : {}),
        lockTimeoutMs: flags['lock-timeout'] ?? null,
        createGraceMs: flags['create-grace'],
        stop: this.stopSignal(),
      },
    );
    if (!this.jsonEnabled()) for (const line of cleanupLines(result)) this.log(line);
    process.exitCode = result.exit_code;
    return result;
  }

  /** Shows what would be deleted and asks; `--yes` answers. */
  #agree(plan: readonly unknown[], lines: readonly string[], isYes: boolean): Promise<boolean> {
    const ask = createConfirmOrYes(process, {isYes, isJson: this.jsonEnabled()});
    if (!isYes) for (const line of lines) this.logToStderr(line);
    return ask(`Delete ${plan.length === 1 ? 'this' : `these ${plan.length}`}?`);
  }
}
