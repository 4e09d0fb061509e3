import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {isWatched} from '../lib/output/terminal/screen.js';
import type {JobList, JobOrder} from '../lib/workflows/list/list-jobs.js';

/** `gembatch list [FILE|JOB...]` */
export default class List extends BaseCommand {
  static override aliases = ['status'];

  static override summary = 'Show the recorded batch jobs, without asking the service.';

  static override description = `Reads only the job-info file: no API key, no network, no waiting. It is as fresh as the last "<%= config.bin %> poll"; --refresh asks the service first.`;

  static override examples = [
    {description: 'Show all jobs', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Show what did not work',
      command: '<%= config.bin %> <%= command.id %> --state failed --state expired --state bad-rows',
    },
    {description: 'Write a table for a spreadsheet', command: '<%= config.bin %> <%= command.id %> --csv'},
  ];

  static override args = {
    jobs: Args.string({
      description: 'request files or batch jobs [default: all]',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    state: Flags.string({
      description:
        'only jobs in this state (pending, running, succeeded, …) or with this outcome (done, bad-rows, failed, …)',
      multiple: true,
      multipleNonGreedy: true,
    }),
    sort: Flags.option({
      description: 'order of the jobs; by age the oldest come first',
      options: ['recorded', 'file', 'age', 'state'] as const satisfies readonly JobOrder[],
      default: 'recorded',
    })(),
    csv: Flags.boolean({description: 'print comma-separated values', exclusive: ['json']}),
    refresh: Flags.boolean({description: 'ask the service first; needs an API key'}),
  };

  async run(): Promise<JobList> {
    const {args, flags} = await this.parse(List);
    const [{listJobs, refreshList}, {listCsv, listLines, sideLines}, store] = await Promise.all([
      import('../lib/workflows/list/list-jobs.js'),
      import('../lib/output/list-lines.js'),
      this.openStore(flags['job-info']),
    ]);
    const stop = this.stopSignal();
    if (flags.refresh) {
      const client = await this.createClient(this.apiKey());
      const trouble = await refreshList({store, client, clock: this.clock}, stop);
      if (trouble !== undefined) throw trouble;
    }
    const list = await listJobs(
      store,
      {names: args.jobs ?? [], states: flags.state ?? [], order: flags.sort},
      stop,
    );
    if (this.jsonEnabled()) return list;
    const columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    if (flags.csv) {
      process.stdout.write(listCsv(list, isWatched(process)).join(''));
      for (const line of sideLines(list)) this.logToStderr(line);
    } else {
      const lines = listLines(list, {columns, nowMs: this.clock.now()});
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    return list;
  }
}
