import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {GembatchError} from '../lib/domain/errors.js';
import type {AdoptResult} from '../lib/workflows/adopt/adopt-jobs.js';
import {submitFlags} from '../cli/flags/submit-flags.js';

/** `gembatch adopt [JOB...]` */
export default class Adopt extends BaseCommand {
  static override summary = 'Record batch jobs that were made elsewhere, or rebuild a lost job-info file.';

  static override description = `Adds batch jobs that exist at the service to the job-info file. Nothing is created or deleted, and no job is recorded twice. Jobs made by gembatch are matched to local request files by path and content; for others, name the request file with --file.

Without a name, lists the jobs at the service that no record knows, and records nothing.

--all-mine adopts every job of the project that gembatch made, which rebuilds a lost job-info file. Adopting a job also decides an unclear create.`;

  static override examples = [
    {
      description: 'Record a job that another tool made from a file',
      command: '<%= config.bin %> <%= command.id %> batches/abc123 --file batch/001.jsonl',
    },
    {description: 'Rebuild a lost job-info file', command: '<%= config.bin %> <%= command.id %> --all-mine'},
  ];

  static override args = {
    jobs: Args.string({description: 'batch jobs, such as batches/abc123', multiple: true, required: false}),
  };

  static override flags = {
    'all-mine': Flags.boolean({description: 'adopt all jobs of the project that gembatch made'}),
    file: Flags.string({
      description: 'request file of the one job that is named',
      helpValue: '<file>',
      exclusive: ['all-mine'],
    }),
    'lock-timeout': submitFlags['lock-timeout'],
  };

  async run(): Promise<AdoptResult> {
    const {args, flags} = await this.parse(Adopt);
    const names = args.jobs ?? [];
    refuseUnclear(names, flags);
    const apiKey = this.apiKey();
    const [{adoptJobs, listNotRecorded}, {adoptLines}, {createLineView}, store, client] = await Promise.all([
      import('../lib/workflows/adopt/adopt-jobs.js'),
      import('../lib/output/adopt-lines.js'),
      import('../lib/output/text/line-view.js'),
      this.openStore(flags['job-info']),
      this.createBriefClient(apiKey, flags),
    ]);
    const {screen, mode} = this.display(flags);
    const view = createLineView(screen, mode);
    const stop = this.stopSignal();
    const isListed = names.length === 0 && !flags['all-mine'];
    const result = isListed
      ? await listNotRecorded({store, client}, stop)
      : await adoptJobs(
          {store, client, report: ({message}) => view.note(message)},
          {
            names,
            file: flags.file,
            isAllMine: flags['all-mine'],
            cwd: process.cwd(),
            lockTimeoutMs: flags['lock-timeout'] ?? null,
            stop,
          },
        );
    if (!this.jsonEnabled()) for (const line of adoptLines(result, {isListed})) this.log(line);
    process.exitCode = result.exit_code;
    return result;
  }
}

/** @throws GembatchError `USAGE` when it is not clear which jobs are meant. */
function refuseUnclear(
  names: readonly string[],
  flags: {'all-mine': boolean; file: string | undefined},
): void {
  if (flags['all-mine'] && names.length > 0) {
    throw new GembatchError('USAGE', 'Name the batch jobs to adopt, or use --all-mine.');
  }
  if (names.some((name) => name.trim() === '')) {
    throw new GembatchError('USAGE', 'The name of a batch job is empty.');
  }
  if (flags.file !== undefined && names.length !== 1) {
    throw new GembatchError('USAGE', '--file is for one batch job; name that one too.');
  }
}
