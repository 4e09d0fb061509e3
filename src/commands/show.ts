import * as Args from '@oclif/core/args';
import {BaseCommand} from '../cli/base-command.js';
import type {ShownJobs} from '../lib/workflows/list/show-job.js';

/** `gembatch show FILE|JOB` */
export default class Show extends BaseCommand {
  static override summary = 'Show all that is known of one request file or batch job.';

  static override description = `Reads only the job-info file. If a file was submitted several times, all its jobs are shown, newest first.`;

  static override examples = [
    {description: 'Show a request file', command: '<%= config.bin %> <%= command.id %> batch/001.jsonl'},
    {description: 'Show a batch job', command: '<%= config.bin %> <%= command.id %> batches/abc123'},
  ];

  static override args = {
    job: Args.string({description: 'request file or batch job', required: true}),
  };

  async run(): Promise<ShownJobs> {
    const {args, flags} = await this.parse(Show);
    const [{showJob}, {showLines}, store] = await Promise.all([
      import('../lib/workflows/list/show-job.js'),
      import('../lib/output/list/show-lines.js'),
      this.openStore(flags['job-info']),
    ]);
    const shown = await showJob(store, args.job, this.stopSignal());
    if (!this.jsonEnabled())
      process.stdout.write(
        showLines(shown)
          .map((line) => `${line}\n`)
          .join(''),
      );
    return shown;
  }
}
