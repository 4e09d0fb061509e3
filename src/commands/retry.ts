import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {printFolded} from '../lib/output/terminal/screen.js';
import {nextCommand} from '../cli/next-command.js';
import {modelNameFlag, outcomesFlag, outputLimitFlag} from '../cli/flags/flags.js';
import {readPrices} from '../cli/prices.js';
import {pollFlags, resultsPlaceOf} from '../cli/flags/poll-flags.js';
import {submitFlags, submitOptionsOf} from '../cli/flags/submit-flags.js';
import {costOfFiles, type EstimateContext} from '../cli/cost-of-files.js';
import {createConfirmOrYes} from '../cli/consent.js';
import {DEFAULT_MODEL} from '../lib/domain/service/model-choice.js';
import {GembatchError} from '../lib/domain/errors.js';
import type {CurrentJob} from '../lib/workflows/retry/current-jobs.js';
import type {RetryResult} from '../lib/workflows/retry/retry-jobs.js';

/** `gembatch retry [FILE|JOB...]` */
export default class Retry extends BaseCommand {
  static override summary = 'Submit again what did not work: whole jobs, or only bad rows.';

  static override description = `A job that failed, expired or was cancelled is submitted again from its request file. Of a job with bad rows, only the requests without a good answer are sent, as a file in the folder "retries" beside the first one; "poll" merges their answers into the first results. Blocked rows, and cut ones without a higher limit, are left out; rows that fail in large jobs go in small ones.

--lost sends again what is lost or not shown by the service (it may be another project's); it asks first, because the work may be paid twice.`;

  static override examples = [
    {
      description: 'See what would be submitted again',
      command: '<%= config.bin %> <%= command.id %> --dry-run',
    },
    {
      description: 'Retry one file, with twice the output limit for answers that were cut',
      command: '<%= config.bin %> <%= command.id %> batch/001.jsonl --max-output-tokens x2',
    },
  ];

  static override args = {
    jobs: Args.string({
      description: 'files or jobs [default: all that did not work]',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    ...submitFlags,
    // Answers go where "poll" puts them; only a place in a bucket is chosen here.
    'results-dir': {...pollFlags['results-dir'], hidden: true},
    'dry-run': Flags.boolean({
      char: 'n',
      description: 'say what would be sent; send nothing',
    }),
    lost: Flags.boolean({
      description: 'also named jobs, lost or not seen; asks first',
    }),
    yes: Flags.boolean({char: 'y', description: 'with --lost: do not ask', dependsOn: ['lost']}),
    model: modelNameFlag({description: 'model [default: that of each job]'}),
    only: outcomesFlag({description: 'only rows such as error,missing,not_json'}),
    'max-output-tokens': outputLimitFlag({
      description: 'limit for cut answers; x2 doubles the old one',
    }),
  };

  async run(): Promise<RetryResult> {
    const {args, flags} = await this.parse(Retry);
    if (flags.lost && (args.jobs ?? []).length === 0) {
      throw new GembatchError('USAGE', 'With --lost, name the request files or batch jobs.');
    }
    const ask = createConfirmOrYes(process, {isYes: flags.yes, isJson: this.jsonEnabled()});
    const connection = this.connection(flags);
    const {resultsDir: _, ...place} = resultsPlaceOf(flags, connection.service);
    const [{retryJobs}, {SubmitView}, {retryLines}, store, client, createFile] = await Promise.all([
      import('../lib/workflows/retry/retry-jobs.js'),
      import('../lib/output/submit/submit-view.js'),
      import('../lib/output/retry-lines.js'),
      this.openStore(flags['job-info']),
      this.createClient(connection),
      this.fileMaker(),
    ]);
    const prices = await readPrices(flags.prices);
    const context = {store, clock: this.clock, prices, service: connection.service};
    const limit = flags['max-output-tokens'];
    const result = await retryJobs(
      {store, client, clock: this.clock, createFile},
      {
        ...submitOptionsOf(flags),
        ...place,
        prices,
        names: args.jobs ?? [],
        model: flags.model,
        isDryRun: flags['dry-run'],
        isLost: flags.lost,
        confirmLost: async (jobs) => ask(await payAgainQuestion(jobs, flags.model, context)),
        ...(limit === undefined ? {} : {outputLimit: limit}),
        ...(flags.only === undefined ? {} : {only: flags.only}),
        stop: this.stopSignal(),
      },
      () => new SubmitView(this.display(flags)),
    );
    const hasJobs = result.submissions.some(({summary}) => summary.submitted > 0);
    const next = hasJobs && !flags.quiet ? nextCommand(store) : undefined;
    if (!this.jsonEnabled())
      printFolded(process.stdout, [...retryLines(result), ...(next === undefined ? [] : [`Next: ${next}`])]);
    process.exitCode = result.exit_code;
    return result;
  }
}

/** The question before jobs that are lost, or not seen, are submitted again. */
async function payAgainQuestion(
  jobs: readonly CurrentJob[],
  model: string | undefined,
  context: EstimateContext,
): Promise<string> {
  const work = jobs.map(({record: {input_file: file, batch}}) => ({
    path: context.store.resolveInput(file),
    model: model ?? batch.model ?? DEFAULT_MODEL,
  }));
  const filesOf = (kind: CurrentJob['outcome']): string =>
    jobs
      .filter(({outcome}) => outcome === kind)
      .map(({record}) => record.input_file)
      .join(', ');
  const [lost, unseen] = [filesOf('lost'), filesOf('not_seen')];
  return [
    ...(lost === '' ? [] : [`The results of ${lost} are lost; the work is paid again.`]),
    ...(unseen === '' ? [] : [`If the earlier job of ${unseen} exists after all, the work is paid twice.`]),
    await costOfFiles(work, context),
    'Submit again?',
  ].join(' ');
}
