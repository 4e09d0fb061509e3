import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {nextCommand} from '../cli/next-command.js';
import {costOfFiles, estimateOf, type EstimateContext} from '../cli/cost-of-files.js';
import {createConfirmOrYes} from '../cli/consent.js';
import {GembatchError} from '../lib/domain/errors.js';
import {isCloudAddress, refuseAddresses} from '../lib/domain/bucket/bucket-input.js';
import type {Submission} from '../lib/workflows/submit/submission.js';
import {collectRequestFiles, type RequestFile} from '../lib/workflows/submit/collect-inputs.js';
import type {SubmitDeps, SubmitOptions} from '../lib/workflows/submit/submit-run.js';
import type {SubmitResult} from '../lib/workflows/submit/submit-report.js';
import {readPrices} from '../cli/prices.js';
import {RARE} from '../cli/flags/flags.js';
import {pollFlags, resultsPlaceOf} from '../cli/flags/poll-flags.js';
import {
  checkFlag,
  ifChangedFlag,
  modelConsent,
  modelFlag,
  submitFlags,
  submitOptionsOf,
} from '../cli/flags/submit-flags.js';
import {chosenService} from '../cli/connection/choose-service.js';
import {SERVICE_LIMITS} from '../lib/domain/service/service-of.js';

/** `gembatch submit FILES...` */
export default class Submit extends BaseCommand {
  static override summary = 'Submit JSONL request files, each as one Gemini batch job.';

  static override description = `Checks each file, uploads it, creates its batch job and records it in the job-info file. A file that has a batch job is skipped: run the same command again at any time, nothing is paid twice.

Ctrl-C once lets creates under way end; twice ends at once.`;

  static override examples = [
    {
      description: 'Submit every request file of a folder',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl -m gemini-3.5-flash-lite',
    },
    {
      description: 'See what would be submitted, without sending anything',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl --dry-run',
    },
  ];

  static override args = {
    files: Args.string({
      description: 'request files, folders of them, patterns, gs:// addresses',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    model: modelFlag,
    'if-changed': ifChangedFlag,
    check: checkFlag,
    ...submitFlags,
    // Results that are there already are looked for where poll puts them.
    'results-dir': {...pollFlags['results-dir'], hidden: true},
    'dry-run': Flags.boolean({
      char: 'n',
      description: 'check all, estimate cost; needs no API key',
    }),
    'assume-not-created': Flags.boolean({
      ...RARE,
      description: 'assume that a create without an answer failed',
    }),
    yes: Flags.boolean({
      ...RARE,
      char: 'y',
      description: 'with --assume-not-created: do not ask',
      dependsOn: ['assume-not-created'],
    }),
    force: Flags.boolean({char: 'f', description: 'submit again, even what has a batch job'}),
  };

  async run(): Promise<SubmitResult> {
    const {args, flags} = await this.parse(Submit);
    const service = chosenService(flags, process.env);
    const store = await this.openStore(flags['job-info']);
    const place = resultsPlaceOf(flags, service);
    refuseAddresses(args.files, service);
    const given = await collectRequestFiles(args.files, store, process.cwd());
    const submitOptions = {
      ...submitOptionsOf(flags),
      model: flags.model,
      isDryRun: flags['dry-run'],
      isForced: flags.force,
    };
    // Not even a dry run knows what is in a bucket without asking.
    const isOffline = submitOptions.isDryRun && !given.some(({path}) => isCloudAddress(path));
    const connection = isOffline
      ? undefined
      : await this.connectionOrFaults(flags, {store, files: given}, submitOptions);
    const [{listObjects}, {openSubmission}, {SubmitView}, client, prices] = await Promise.all([
      import('../lib/workflows/submit/list-objects.js'),
      import('../lib/workflows/submit/submit-files.js'),
      import('../lib/output/submit/submit-view.js'),
      connection === undefined ? this.offlineService(service) : this.createClient(connection),
      readPrices(flags.prices),
    ]);
    const stop = this.stopSignal();
    const named = await listObjects(client, given, {signal: stop});
    const context = {store, clock: this.clock, prices, service};
    const assumed = flags['assume-not-created']
      ? await this.#assumedNotCreated(
          context,
          named.map(({name}) => name),
          flags.yes,
        )
      : undefined;
    const view = new SubmitView({...this.display(flags), nextCommand: () => nextCommand(store)});
    const options = {
      ...submitOptions,
      prices,
      ifChanged: flags['if-changed'],
      ...place,
      ...(assumed === undefined ? {} : {assumedNotCreated: assumed}),
      ...modelConsent(this.jsonEnabled()),
      stop,
    };
    const files = await this.#split({store, client}, named, options);
    const submission = await openSubmission(
      {store, client, clock: this.clock, report: (event) => view.report(event)},
      files,
      options,
    );
    const result = await submission.closeAfter(view.submitEach(submission));
    process.exitCode = result.summary.exit_code;
    return flags['dry-run'] ? this.#withEstimate(result, submission.objectEstimates, context) : result;
  }

  /** What no batch job can take goes in parts. */
  async #split(
    deps: Pick<SubmitDeps, 'store' | 'client'>,
    named: readonly RequestFile[],
    options: SubmitOptions,
  ): Promise<readonly RequestFile[]> {
    const [{splitLargeFiles}, createFile] = await Promise.all([
      import('../lib/workflows/split/split-files.js'),
      this.fileMaker(),
    ]);
    const {maxFileBytes: maxBytes, maxRequests} = SERVICE_LIMITS[deps.client.services[0]];
    const limits = {maxBytes, maxRequests};
    const {files} = await splitLargeFiles({...deps, createFile}, named, {
      limits,
      options,
      canary: null,
      isDryRun: options.isDryRun,
    });
    return files;
  }

  /** What the files that would be submitted will use and cost; nothing is sent. */
  async #withEstimate(
    result: SubmitResult,
    objects: Submission['objectEstimates'],
    context: EstimateContext,
  ): Promise<SubmitResult> {
    const planned = result.files.flatMap(({file, outcome}) => (outcome === 'would_submit' ? [file] : []));
    const names = planned.filter((name) => !isCloudAddress(name));
    const [{totalLine}, {withEstimated, withUnread}] = await Promise.all([
      import('../lib/output/cost/estimate-lines.js'),
      import('../lib/workflows/estimate/estimate-files.js'),
    ]);
    if (names.length + objects.files.length === 0 && objects.unread > 0) return {...result, estimate: null};
    const local = await estimateOf(names, result.model, context);
    const estimate = withUnread(withEstimated(local, objects.files), objects.unread);
    if (!this.jsonEnabled() && planned.length > 0) process.stdout.write(`${totalLine(estimate)}\n`);
    return {...result, estimate};
  }

  /** @throws GembatchError `USAGE` when the user does not agree: it may pay twice. */
  async #assumedNotCreated(
    context: EstimateContext,
    names: readonly string[],
    isYes: boolean,
  ): Promise<ReadonlySet<string>> {
    const {openCreatesOf} = await import('../lib/workflows/reconcile/assume-not-created.js');
    const {store} = context;
    const creates = await openCreatesOf(store, names, process.cwd());
    const files = new Set(creates.map(({input_file: file}) => file));
    if (files.size === 0) return files;
    const work = creates.map(({input_file: file, model}) => ({path: store.resolveInput(file), model}));
    const cost = await costOfFiles(work, context);
    const ask = createConfirmOrYes(process, {isYes, isJson: this.jsonEnabled()});
    const question = `An earlier create of ${[...files].join(', ')} may have made a batch job. If it did, submitting again pays twice. ${cost} Submit again?`;
    if (await ask(question)) return files;
    throw new GembatchError('USAGE', 'Nothing was sent.', {suggestions: []});
  }
}
