import * as Flags from '@oclif/core/flags';
import {BaseCommand, type ConnectionFlags} from '../cli/base-command.js';
import {fail} from '../cli/errors/fail.js';
import {toGembatchError} from '../cli/errors/failure.js';
import {momentFlag, momentMs, namesIn} from '../cli/flags/list-flags.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';
import {attentionFirst} from '../lib/domain/job/attention-first.js';
import type {ListWatchOptions} from '../lib/output/list/list-watch.js';
import {colorsFor, outputMode, widthOf} from '../lib/output/terminal/screen.js';
import type {BatchService} from '../lib/services/batch-service.js';
import type {JobOrder} from '../lib/workflows/list/filter-jobs.js';
import type {JobList, ListInput} from '../lib/workflows/list/list-jobs.js';
import type {WatchDeps} from '../lib/workflows/list/watch-list.js';

/** The `--json` object with `--fields`. */
export interface ChosenJobs extends Omit<JobList, 'jobs'> {
  readonly jobs: readonly object[];
}

/** `gembatch list [FILE|JOB...]` */
export default class List extends BaseCommand {
  static override aliases = ['status'];

  static override summary = 'Show the recorded batch jobs, without asking the service.';

  static override description = `Reads only the job-info file: no API key, no network, no waiting. It is as fresh as the last "<%= config.bin %> poll"; --refresh asks the service first.

A request file is one row, with its retries and parts. A terminal shows what fits, first what needs you; a pipe shows all.`;

  static override examples = [
    {description: 'Show all request files', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Show what did not work',
      command: '<%= config.bin %> <%= command.id %> --state failed --state expired --state bad-rows',
    },
    {
      description: 'Choose what a script gets',
      command: '<%= config.bin %> <%= command.id %> --json --fields file,outcome,cost_usd',
    },
  ];

  static override args = {
    jobs: jobsArgument(),
  };

  static override flags = {
    all: Flags.boolean({
      char: 'a',
      description: 'a row for each batch job, retries and parts too',
      exclusive: ['limit'],
    }),
    limit: Flags.integer({
      char: 'L',
      description: 'at most this many rows, what needs you first',
      helpValue: '<n>',
      min: 1,
    }),
    state: Flags.string({
      description: 'states (running, …) or outcomes (done, bad-rows, …)',
      multiple: true,
      multipleNonGreedy: true,
    }),
    model: Flags.string({
      char: 'm',
      description: 'only this model, or a pattern like "*flash*"',
      helpValue: '<model>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    since: momentFlag({description: 'only jobs created since then (2h, 3d, 2026-11-28)'}),
    until: momentFlag({description: 'only jobs created until then'}),
    sort: Flags.option({
      description: 'order of the rows; by age the oldest come first',
      options: ['recorded', 'file', 'age', 'state'] as const satisfies readonly JobOrder[],
      default: 'recorded',
    })(),
    columns: Flags.string({
      description: 'columns of the table: file,state,cost,job,…',
      helpValue: '<names>',
      exclusive: ['csv', 'json'],
    }),
    fields: Flags.string({
      description: 'with --json: only these members of each job',
      helpValue: '<names>',
      dependsOn: ['json'],
    }),
    csv: Flags.boolean({
      description: 'print comma-separated values, a row for each job',
      exclusive: ['json'],
    }),
    refresh: Flags.boolean({description: 'ask the service first; needs an API key'}),
    watch: Flags.boolean({
      char: 'w',
      description: 'show changes until no job runs any more',
      exclusive: ['csv', 'json'],
    }),
  };

  async run(): Promise<JobList | ChosenJobs> {
    const {args, flags} = await this.parse(List);
    const [{listJobs, refreshList}, {JOB_FIELDS, pickFields}, {JOB_COLUMNS}, view, store] = await Promise.all(
      [
        import('../lib/workflows/list/list-jobs.js'),
        import('../lib/workflows/list/job-fields.js'),
        import('../lib/output/poll/job-columns.js'),
        import('../lib/output/list/list-lines.js'),
        this.openStore(flags['job-info'], {warns: false}),
      ],
    );
    const fields = flags.fields === undefined ? undefined : namesIn('fields', flags.fields, JOB_FIELDS);
    const columns = flags.columns === undefined ? undefined : namesIn('columns', flags.columns, JOB_COLUMNS);
    const stop = flags.watch ? this.stopSignal(() => undefined) : this.stopSignal();
    const client = flags.refresh ? await this.#client(flags) : undefined;
    const nowMs = this.clock.now();
    const isTable = !this.jsonEnabled() && !flags.csv;
    const states = flags.state ?? [];
    const input = {
      names: args.jobs ?? [],
      states,
      models: flags.model ?? [],
      sinceMs: momentMs(flags.since, nowMs),
      untilMs: momentMs(flags.until, nowMs),
      order: flags.sort,
      // Of the jobs of a file, those that others replaced are in no row of their own.
      isFolded: isTable && !flags.all && !states.includes('replaced'),
    };
    const colors = colorsFor(process.stdout, process.env);
    if (flags.watch) {
      const limit = flags.limit ?? Infinity;
      return this.#watch({store, clock: this.clock, client}, input, {limit, colors, columns, stop});
    }
    if (client !== undefined) {
      const {error, refusals} = await refreshList({store, client, clock: this.clock}, stop);
      if (error !== undefined) throw error;
      for (const refusal of refusals) fail(refusal, {version: this.ownVersion, isJson: false});
    }
    const list = await listJobs(store, input, stop);
    const isScreen = isTable && !flags.all && process.stdout.isTTY;
    const limit = flags.limit ?? (isScreen ? process.stdout.rows - view.LINES_BESIDE_JOBS : Infinity);
    const shown = attentionFirst(list.jobs, Math.max(1, limit));
    if (fields !== undefined) return {...list, jobs: shown.map((job) => pickFields(job, fields))};
    if (this.jsonEnabled()) return {...list, jobs: shown};
    if (flags.csv) {
      process.stdout.write(view.listCsv(shown).join(''));
      for (const line of view.sideLines(list)) this.logToStderr(line);
    } else {
      const lines = view.listLines(list, {shown, width: widthOf(process.stdout), nowMs, colors, columns});
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    return list;
  }

  /** One that gives up soon, but for a watch: that goes on through an outage. */
  async #client(flags: ConnectionFlags & {quiet: boolean; watch: boolean}): Promise<BatchService> {
    const connection = this.connection(flags, {follows: true});
    return flags.watch ? this.createClient(connection) : this.createBriefClient(connection, flags);
  }

  async #watch(
    deps: Omit<WatchDeps, 'show'>,
    input: ListInput,
    {stop, ...form}: Pick<ListWatchOptions, 'limit' | 'colors' | 'columns'> & {readonly stop: AbortSignal},
  ): Promise<JobList> {
    const [{watchList}, {ListWatch}] = await Promise.all([
      import('../lib/workflows/list/watch-list.js'),
      import('../lib/output/list/list-watch.js'),
    ]);
    const {stdout, env} = process;
    const isLive = outputMode({stdout, stderr: stdout, env}, {isJson: false, isQuiet: false}) === 'live';
    const view = new ListWatch({...form, stream: stdout, clock: this.clock, isLive});
    try {
      return await watchList({...deps, show: (list) => view.show(list)}, input, stop);
    } catch (error) {
      // To stop watching is how it ends; the list stands where it was.
      if (!stop.aborted || error !== stop.reason || view.list === undefined) throw error;
      process.exitCode = toGembatchError(error, this.ownVersion).exitCode;
      return view.list;
    } finally {
      view.end();
    }
  }
}
