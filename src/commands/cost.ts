import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';
import type {CostGrouping} from '../lib/output/cost/cost-lines.js';
import {isWatched, printFolded, widthOf} from '../lib/output/terminal/screen.js';
import type {CostReport} from '../lib/workflows/cost/sum-costs.js';

/** `gembatch cost [FILE|JOB...]` */
export default class Cost extends BaseCommand {
  static override summary = 'Show what batch jobs used and cost.';

  static override description = `Sums up tokens, searches and cost over the results that are here, each row by the price of the model that answered it on the day its job ended. Sends nothing. A job whose results are not here, or whose price is not known, has an unknown cost.

It is no bill: the service also charges for searches of failed requests, which no row shows.`;

  static override examples = [
    {description: 'Show all costs by model', command: '<%= config.bin %> <%= command.id %> --by model'},
    {description: 'Write a table for a spreadsheet', command: '<%= config.bin %> <%= command.id %> --csv'},
  ];

  static override args = {
    jobs: jobsArgument(),
  };

  static override flags = {
    by: Flags.option({
      description: 'one line for each file, model or day',
      options: ['file', 'model', 'day'] as const satisfies readonly CostGrouping[],
      default: 'file',
    })(),
    csv: Flags.boolean({
      description: 'print comma-separated values, one line for each job',
      exclusive: ['json'],
    }),
    prices: pricesFlag,
  };

  async run(): Promise<CostReport> {
    const {args, flags} = await this.parse(Cost);
    const prices = await readPrices(flags.prices);
    const [{sumCosts}, {costCsv, costLines}, store] = await Promise.all([
      import('../lib/workflows/cost/sum-costs.js'),
      import('../lib/output/cost/cost-lines.js'),
      this.openStore(flags['job-info']),
    ]);
    const report = await sumCosts(store, {
      names: args.jobs ?? [],
      prices,
      signal: this.stopSignal(),
    });
    if (this.jsonEnabled()) return report;
    if (flags.csv) process.stdout.write(costCsv(report, isWatched(process)).join(''));
    else printFolded(process.stdout, costLines(report, {by: flags.by, columns: widthOf(process.stdout)}));
    return report;
  }
}
