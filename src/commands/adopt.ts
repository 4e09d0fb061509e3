import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {GembatchError} from '../lib/domain/errors.js';
import type {AdoptResult} from '../lib/workflows/adopt/adopt-jobs.js';
import {pollFlags, resultsDirOf} from '../cli/flags/poll-flags.js';
import {submitFlags} from '../cli/flags/submit-flags.js';

/** `gembatch adopt [JOB...]` */
export default class Adopt extends BaseCommand {
  static override summary = 'Record batch jobs that were made elsewhere, or rebuild a lost job-info file.';

  static override description = `Adds batch jobs that exist at the service to the job-info file. Nothing is created or deleted, and no job is recorded twice. Jobs made by gembatch are matched to local request files by path and content; for others, and where the display name leads out of the folder of the job-info file, name the request file with --file. As a job may be a colleague's, poll and run delete nothing of it at the service; cleanup does when it is named.

Without a name, lists the jobs at the service that no record knows, and records nothing.

--all-mine adopts every job of the project that gembatch made, which rebuilds a lost job-info file. Adopting a job also decides an unclear create.

--done is for request files whose results are on disk while no record has their job. It records them as done if the results answer each request, and nothing else.`;

  static override examples = [
    {
      description: 'Record a job that another tool made from a file',
      command: '<%= config.bin %> <%= command.id %> batches/abc123 --file batch/001.jsonl',
    },
    {description: 'Rebuild a lost job-info file', command: '<%= config.bin %> <%= command.id %> --all-mine'},
  ];

  static override args = {
    jobs: Args.string({
      description: 'batch jobs, such as batches/abc123; request files with --done',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    'all-mine': Flags.boolean({description: 'adopt all jobs of the project that gembatch made'}),
    file: Flags.string({
      description: 'request file of the one job that is named',
      helpValue: '<file>',
      exclusive: ['all-mine'],
    }),
    done: Flags.boolean({
      description: 'record request files as done whose results are here',
      exclusive: ['all-mine', 'file'],
    }),
    'results-dir': pollFlags['results-dir'],
    'lock-timeout': submitFlags['lock-timeout'],
  };

  async run(): Promise<AdoptResult> {
    const {args, flags} = await this.parse(Adopt);
    const names = args.jobs ?? [];
    refuseUnclear(names, flags);
    if (flags.done) return this.#adoptResults(names, flags);
    const connection = this.connection(flags);
    const [{adoptJobs, listNotRecorded}, {adoptLines}, {createLineView}, store, client] = await Promise.all([
      import('../lib/workflows/adopt/adopt-jobs.js'),
      import('../lib/output/adopt-lines.js'),
      import('../lib/output/text/line-view.js'),
      this.openStore(flags['job-info']),
      this.createBriefClient(connection, flags),
    ]);
    const {screen, mode} = this.display(flags);
    const view = createLineView(screen, mode);
    const stop = this.stopSignal();
    const isListed = names.length === 0 && !flags['all-mine'];
    const result = isListed
      ? await listNotRecorded({store, client}, stop)
      : await adoptJobs(
          {store, client, clock: this.clock, report: ({message}) => view.note(message)},
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

  async #adoptResults(
    files: readonly string[],
    flags: Parameters<BaseCommand['display']>[0] & {
      'job-info': string;
      'lock-timeout': number | undefined;
      'results-dir': string | undefined;
    },
  ): Promise<AdoptResult> {
    const [{adoptResults}, {adoptLines}, {createLineView}, {PRICES}, store] = await Promise.all([
      import('../lib/workflows/adopt/adopt-results.js'),
      import('../lib/output/adopt-lines.js'),
      import('../lib/output/text/line-view.js'),
      import('../lib/domain/price/prices.js'),
      this.openStore(flags['job-info']),
    ]);
    const {screen, mode} = this.display(flags);
    const view = createLineView(screen, mode);
    const result = await adoptResults(
      {store, clock: this.clock, prices: PRICES, report: ({message}) => view.note(message)},
      {
        files,
        resultsDir: resultsDirOf(flags),
        cwd: process.cwd(),
        lockTimeoutMs: flags['lock-timeout'] ?? null,
        stop: this.stopSignal(),
      },
    );
    if (!this.jsonEnabled()) for (const line of adoptLines(result, {isListed: false})) this.log(line);
    process.exitCode = result.exit_code;
    return result;
  }
}

/** @throws GembatchError `USAGE` when it is not clear which jobs are meant. */
function refuseUnclear(
  names: readonly string[],
  flags: {'all-mine': boolean; done: boolean; file: string | undefined},
): void {
  if (flags.done && names.length === 0)
    throw new GembatchError('USAGE', 'With --done, name the request files.');
  if (flags['all-mine'] && names.length > 0) {
    throw new GembatchError('USAGE', '--all-mine takes no names: it adopts every job that gembatch made.');
  }
  if (names.some((name) => name.trim() === '')) {
    throw new GembatchError('USAGE', 'A name is empty.');
  }
  if (flags.file !== undefined && names.length !== 1) {
    throw new GembatchError('USAGE', '--file goes with one batch job: name that job too.');
  }
}
