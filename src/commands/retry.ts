import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {outputLimitFlag} from '../cli/flags.js';
import {submitFlags, submitOptionsOf} from '../cli/submit-flags.js';
import {consentOrYes} from '../cli/consent.js';
import {GembatchError} from '../lib/domain/errors.js';
import {exitCodesHelp} from '../cli/exit-codes-help.js';
import type {RetryResult} from '../lib/workflows/retry/retry-jobs.js';

/** `gembatch retry [FILE|JOB...]` */
export default class Retry extends BaseCommand {
  static override summary = 'Submit again what did not work: whole jobs, or only bad rows.';

  static override description = `A job that failed, expired or was cancelled is submitted again from its request file. Of a job with bad rows, only the requests without a good answer are sent: they are written into a request file in the folder "retries" beside the first one, and "gembatch poll" merges their answers into the results of the first job.

A job that cannot be seen at the service any more is asked for once more, and is not retried: it may belong to the project of another API key. Only --lost does that, for jobs that are named. It asks first, because the work may be paid twice.

Each job is retried once; what its retry leaves is for the next "gembatch retry". As with submit, nothing is sent twice, whatever interrupts the command: run it again to go on.

${exitCodesHelp(['ok', 'failed', 'partial', 'locked', 'credentials', 'quota', 'unclear', 'service', 'storage', 'model', 'interrupted'])}`;

  static override examples = [
    {
      description: 'See what would be submitted again',
      command: '<%= config.bin %> <%= command.id %> --dry-run',
    },
    {
      description:
        'Retry the bad rows of one file, with twice the output limit for answers that were cut off',
      command: '<%= config.bin %> <%= command.id %> batch/001.jsonl --max-output-tokens x2',
    },
  ];

  static override args = {
    jobs: Args.string({
      description: 'request files or batch jobs to retry [default: all that did not work]',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    ...submitFlags,
    'dry-run': Flags.boolean({
      char: 'n',
      description: 'say what would be submitted again, send and write nothing',
    }),
    lost: Flags.boolean({
      description: 'also submit the named jobs whose results are lost or that cannot be seen; asks first',
    }),
    yes: Flags.boolean({char: 'y', description: 'do not ask', dependsOn: ['lost']}),
    model: Flags.string({char: 'm', description: 'model of the new jobs [default: that of each job]'}),
    'max-output-tokens': outputLimitFlag({
      description:
        'output limit for requests whose answer was cut off: a number, or x2 for twice the old one',
    }),
  };

  async run(): Promise<RetryResult> {
    const {args, flags} = await this.parse(Retry);
    if (flags.lost && (args.jobs ?? []).length === 0) {
      throw new GembatchError('USAGE', 'With --lost, name the request files or batch jobs.');
    }
    const ask = consentOrYes(process, {isYes: flags.yes, isJson: this.jsonEnabled()});
    const apiKey = this.apiKey();
    const [{retryJobs}, {SubmitView}, {retryLines}, store, client, createFile] = await Promise.all([
      import('../lib/workflows/retry/retry-jobs.js'),
      import('../lib/output/submit/submit-view.js'),
      import('../lib/output/retry-lines.js'),
      this.openStore(flags['job-info']),
      this.createClient(apiKey),
      this.fileMaker(),
    ]);
    const limit = flags['max-output-tokens'];
    const result = await retryJobs(
      {store, client, clock: this.clock, createFile},
      {
        ...submitOptionsOf(flags),
        names: args.jobs ?? [],
        model: flags.model,
        isDryRun: flags['dry-run'],
        isLost: flags.lost,
        confirmLost: (files) =>
          ask(
            `Submit ${files.join(', ')} again? If the earlier job exists after all, the work is paid twice.`,
          ),
        ...(limit === undefined ? {} : {outputLimit: limit}),
        stop: this.stopSignal(),
      },
      () => new SubmitView({...this.display(flags), nextCommand: 'gembatch poll'}),
    );
    if (!this.jsonEnabled()) for (const line of retryLines(result)) this.log(line);
    process.exitCode = result.exit_code;
    return result;
  }
}
