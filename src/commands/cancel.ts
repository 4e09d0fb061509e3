import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {createGraceFlag} from '../cli/flags/flags.js';
import {GembatchError} from '../lib/domain/errors.js';
import type {JobRecord} from '../lib/domain/job/job-record.js';
import type {CancelResult} from '../lib/workflows/cancel/cancel-report.js';
import {createConfirmOrYes} from '../cli/consent.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';
import {nextAfterCancel} from '../cli/next-command.js';

/** `gembatch cancel FILE|JOB...` */
export default class Cancel extends BaseCommand {
  static override summary = 'Cancel batch jobs that are running.';

  static override description = `Asks the service to stop the batch jobs of the named request files, and records what became of each. Finished jobs are left as they are. A cancelled job loses its results, and what it has used so far is still billed.

A job may still succeed after the request, and then keeps its results. After Ctrl-C, run the same command again to go on. Nothing is deleted; "<%= config.bin %> cleanup" does that.`;

  static override examples = [
    {
      description: 'Cancel the batch job of a request file',
      command: '<%= config.bin %> <%= command.id %> batch/001.jsonl',
    },
    {
      description: 'Cancel every recorded job that is running, without being asked',
      command: '<%= config.bin %> <%= command.id %> --all-running --yes',
    },
  ];

  static override args = {
    jobs: jobsArgument('request files or batch jobs to cancel'),
  };

  static override flags = {
    'all-running': Flags.boolean({description: 'cancel every recorded job that is running; asks first'}),
    yes: Flags.boolean({char: 'y', description: 'do not ask'}),
    'create-grace': createGraceFlag(),
  };

  async run(): Promise<CancelResult> {
    const {args, flags} = await this.parse(Cancel);
    const names = args.jobs ?? [];
    refuseUnclearSelection(names, flags['all-running']);
    const connection = this.connection(flags, {follows: true});
    const [{cancelJobs}, {cancelLines}, {createLineView}, store, client] = await Promise.all([
      import('../lib/workflows/cancel/cancel-jobs.js'),
      import('../lib/output/cancel-lines.js'),
      import('../lib/output/text/line-view.js'),
      this.openStore(flags['job-info']),
      this.createBriefClient(connection, flags),
    ]);
    const {screen, mode} = this.display(flags);
    const view = createLineView(screen, mode);
    const result = await cancelJobs(
      {store, client, clock: this.clock, report: ({message}) => view.warn(message)},
      {
        names,
        consent: this.#consent(names.length > 0 || flags.yes),
        createGraceMs: flags['create-grace'],
        stop: this.stopSignal(),
      },
    );
    view.say(cancelLines(result, nextAfterCancel(store, new Set(result.jobs.map(({name}) => name)))));
    process.exitCode = result.summary.exit_code;
    return result;
  }

  /** To name a job is to want it: only `--all-running` is asked about. */
  #consent(isGiven: boolean): (records: readonly JobRecord[]) => Promise<boolean> {
    const ask = createConfirmOrYes(process, {isYes: isGiven, isJson: this.jsonEnabled()});
    return (records) =>
      ask(`Cancel ${records.length === 1 ? '1 running job' : `${records.length} running jobs`}?`);
  }
}

function refuseUnclearSelection(names: readonly string[], isAllRunning: boolean): void {
  if (names.length > 0 !== isAllRunning) return;
  const message = isAllRunning
    ? 'Name jobs or say --all-running, not both.'
    : 'No job is named; nothing was cancelled.';
  throw new GembatchError('USAGE', message, {
    suggestions: ['Name request files or batch jobs, or cancel every running job: --all-running'],
  });
}
