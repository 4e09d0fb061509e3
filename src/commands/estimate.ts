import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand, type ConnectionFlags} from '../cli/base-command.js';
import {chosenService} from '../cli/connection/choose-service.js';
import {printFolded, widthOf} from '../lib/output/terminal/screen.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import {modelFlag} from '../cli/flags/submit-flags.js';
import {DEFAULT_MODEL, modelResourceName} from '../lib/domain/service/model-choice.js';
import {exitCodeOf} from '../lib/domain/outcome.js';
import {collectRequestFiles} from '../lib/workflows/submit/collect-inputs.js';
import type {CountTokens} from '../lib/workflows/estimate/count-sample.js';
import type {Estimate} from '../lib/workflows/estimate/estimate-files.js';

/** `gembatch estimate FILES...` */
export default class EstimateCommand extends BaseCommand {
  static override summary = 'Estimate tokens and cost of request files, before anything is paid.';

  static override description = `Counts the tokens of each request file and says what its batch job will cost: low, likely and high. Works without API key and network. Where finished jobs of the same model are in the job-info file, their usage is the guide; otherwise input is counted from the text, and output has only a bound: maxOutputTokens of the request, or the model's limit.

Nothing is sent without --count-tokens. With it the service counts the input of up to 50 requests of each file, also files by address and cached content; the rest is estimated from these, with a range. An API key is needed.

Without a known price the cost is unknown. "<%= config.bin %> models" shows prices and when they change.`;

  static override examples = [
    {
      description: 'See what a folder will cost',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl -m gemini-3.5-flash-lite',
    },
    {
      description: 'Let the service count a sample',
      command: '<%= config.bin %> <%= command.id %> batch/*.jsonl --count-tokens -m gemini-3.5-flash-lite',
    },
  ];

  static override args = {
    files: Args.string({
      description: 'request files, folders of them, or glob patterns',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    model: modelFlag,
    'count-tokens': Flags.boolean({
      description: 'let the service count the input of up to 50 requests of each file',
    }),
    prices: pricesFlag,
  };

  async run(): Promise<Estimate> {
    const {args, flags} = await this.parse(EstimateCommand);
    const prices = await readPrices(flags.prices);
    const model = flags.model ?? DEFAULT_MODEL;
    const [{estimateFiles}, {estimateLines}, store] = await Promise.all([
      import('../lib/workflows/estimate/estimate-files.js'),
      import('../lib/output/cost/estimate-lines.js'),
      this.openStore(flags['job-info']),
    ]);
    const files = await collectRequestFiles(args.files, store, process.cwd());
    const stop = this.stopSignal();
    const estimate = await estimateFiles({
      files,
      model,
      service: chosenService(flags, process.env),
      prices,
      records: store.read().records.map(({record}) => record),
      nowMs: this.clock.now(),
      ...(flags['count-tokens'] ? {countTokens: await this.#counter(model, flags)} : {}),
      signal: stop,
    });
    stop.throwIfAborted();
    if (!this.jsonEnabled()) {
      const columns = widthOf(process.stdout);
      printFolded(process.stdout, estimateLines(estimate, {columns}));
    }
    process.exitCode = exitCodeOf([
      ...estimate.files.map(() => ({kind: 'done'}) as const),
      ...estimate.failed.map(({error: {code}}) => ({kind: 'failed', code}) as const),
    ]);
    return estimate;
  }

  async #counter(model: string, flags: ConnectionFlags & {quiet: boolean}): Promise<CountTokens> {
    const service = await this.createBriefClient(this.connection(flags), flags);
    return (request, signal) => service.countTokens(modelResourceName(model), request, {signal});
  }
}
