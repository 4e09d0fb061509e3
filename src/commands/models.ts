import {hasApiKey} from '../cli/connection/api-key.js';
import {chosenService} from '../cli/connection/choose-service.js';
import {BaseCommand} from '../cli/base-command.js';
import {printFolded, widthOf} from '../lib/output/terminal/screen.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import type {ModelList} from '../lib/workflows/list/list-models.js';

/** `gembatch models` */
export default class Models extends BaseCommand {
  static override summary = 'List models with their batch prices and the next price change.';

  static override description = `Shows today's batch prices, when they change, and which models are retired. With an API key it also asks the service which models take batch jobs; without one it sends nothing.`;

  static override examples = [
    {description: 'Show all models', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Get a price list to change, for --prices',
      command: '<%= config.bin %> <%= command.id %> --json > prices.json',
    },
  ];

  static override flags = {prices: pricesFlag};

  async run(): Promise<ModelList> {
    const {flags} = await this.parse(Models);
    const prices = await readPrices(flags.prices);
    const service = chosenService(flags, process.env);
    const isAsked = service === 'vertex' || hasApiKey(process.env);
    const [{listModels}, {modelsLines}] = await Promise.all([
      import('../lib/workflows/list/list-models.js'),
      import('../lib/output/cost/models-lines.js'),
    ]);
    const list = await listModels(
      {prices, service, nowMs: this.clock.now()},
      isAsked ? await this.createBriefClient(this.connection(flags), flags) : undefined,
      {signal: this.stopSignal()},
    );
    if (!this.jsonEnabled()) {
      const columns = widthOf(process.stdout);
      printFolded(process.stdout, modelsLines(list, {columns}));
    }
    return list;
  }
}
