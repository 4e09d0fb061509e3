import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type {InferredFlags} from '@oclif/core/interfaces';
import {BaseCommand} from '../base-command.js';
import {durationFlag} from '../flags.js';
import {DEFAULT_MODEL} from '../lib/domain/model-choice.js';
import type {SubmitInput} from '../lib/workflows/submit-files.js';
import type {SubmitResult} from '../lib/workflows/submit-report.js';
import {consentOf} from '../shell/consent.js';
import {exitCodesHelp} from '../shell/exit-codes-help.js';

/** What to run when all is submitted. */
const NEXT_COMMAND = 'gembatch poll';

/** `gembatch submit FILES...` */
export default class Submit extends BaseCommand {
  static override summary = 'Submit JSONL request files, each as one Gemini batch job.';

  static override description = `Checks each file, uploads it, creates its batch job and records it in the job-info file. A file that has a batch job already is skipped, so the same command can be run again at any time: after an error, after Ctrl-C, after a crash. Nothing is sent, and paid, twice.

Ctrl-C once lets the creates that are under way come to their end; twice ends at once. Either way the next run finds out what happened and goes on.

${exitCodesHelp(['ok', 'failed', 'partial', 'locked', 'credentials', 'quota', 'unclear', 'service', 'storage', 'model', 'interrupted'])}`;

  static override examples = [
    {
      description: 'Submit every request file of a folder',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl',
    },
    {
      description: 'See what would be submitted, without sending anything',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl --dry-run',
    },
    {
      description: 'Use another model, and the result in a script',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl --model gemini-2.5-flash-lite --json',
    },
  ];

  static override args = {
    files: Args.string({
      description: 'request files: paths or glob patterns',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    model: Flags.string({
      char: 'm',
      description: `model of the batch jobs [default: ${DEFAULT_MODEL}]`,
      env: 'GEMBATCH_MODEL',
    }),
    concurrency: Flags.integer({
      char: 'c',
      description: 'files worked on at once',
      default: 4,
      min: 1,
      max: 64,
    }),
    'dry-run': Flags.boolean({char: 'n', description: 'check everything, send and record nothing'}),
    force: Flags.boolean({char: 'f', description: 'submit files again that have a batch job already'}),
    'no-validate': Flags.boolean({description: 'only count and hash the lines, do not check them'}),
    'quota-wait': durationFlag({
      description:
        'how long to wait while the service refuses batch jobs for lack of quota; 0 for one try each',
      default: 900_000,
      defaultHelp: async () => '15m',
    }),
    'lock-timeout': durationFlag({
      description:
        'how long to wait for another process to finish with the job-info file [default: no limit]',
    }),
    'create-grace': durationFlag({
      description: 'how long a batch job whose creation was not answered is looked for',
      env: 'GEMBATCH_CREATE_GRACE',
      default: 120_000,
      defaultHelp: async () => '2m',
    }),
  };

  async run(): Promise<SubmitResult> {
    const {args, flags} = await this.parse(Submit);
    const apiKey = this.apiKey();
    const [{submitFiles}, {createSubmitView}, store, client] = await Promise.all([
      import('../lib/workflows/submit-files.js'),
      import('../lib/output/submit-view.js'),
      this.openStore(flags['job-info']),
      this.createClient(apiKey),
    ]);
    const view = createSubmitView({...this.display(flags), nextCommand: NEXT_COMMAND});
    try {
      const result = await submitFiles(
        {store, client, clock: this.clock, report: (event) => view.report(event)},
        {
          ...inputOf(flags),
          files: args.files,
          cwd: process.cwd(),
          ...this.#modelConsent(),
          stop: this.stopSignal(),
        },
      );
      process.exitCode = result.summary.exit_code;
      return result;
    } finally {
      await view.close();
    }
  }

  #modelConsent(): Pick<SubmitInput, 'consentToModel'> {
    const consent = this.jsonEnabled() ? undefined : consentOf(process);
    if (consent === undefined) return {};
    return {
      consentToModel: (gone, successor) =>
        consent(`The default model ${gone} is gone. Use ${successor}, which may cost more, in its place?`),
    };
  }
}

/** The values of the flags in the words of the workflow. */
function inputOf(flags: InferredFlags<typeof Submit.flags>): Omit<SubmitInput, 'files' | 'cwd'> {
  return {
    model: flags.model,
    concurrency: flags.concurrency,
    isDryRun: flags['dry-run'],
    isForced: flags.force,
    isValidated: !flags['no-validate'],
    quotaWaitMs: flags['quota-wait'],
    lockTimeoutMs: flags['lock-timeout'] ?? null,
    createGraceMs: flags['create-grace'],
  };
}
