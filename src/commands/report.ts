import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';
import {formatCount, plural} from '../lib/output/text/format.js';
import type {ReportData} from '../lib/workflows/report/collect-report.js';

/** The `--json` object of `gembatch report`. */
interface ReportResult {
  /** Absolute path of the page. */
  readonly report: string;
  readonly size_bytes: number;
  readonly jobs: number;
  /** Rows that need attention: those on the page, and those that found no room. */
  readonly rows: number;
  readonly rows_left_out: number;
  /** Files that could not be read, and why. */
  readonly problems: readonly string[];
}

/** `gembatch report [FILE|JOB...]` */
export default class Report extends BaseCommand {
  static override summary = 'Write a page with outcome, cost, times and bad rows.';

  static override description = `Makes one HTML file that opens from disk and as an artifact of CI, without network: what it cost and when, how long jobs took and answers are, and the rows that need attention (200 of a file, 2,000 in all) with request, answer and reason. Sends nothing.

The page holds parts of your requests and answers: treat it as you treat them.`;

  static override examples = [
    {description: 'Write report.html', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Only for some jobs, to another file',
      command: `<%= config.bin %> <%= command.id %> 'batch/*' -o batch.html --overwrite`,
    },
  ];

  static override args = {
    jobs: jobsArgument(),
  };

  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'file to write',
      helpValue: '<file>',
      default: 'report.html',
    }),
    overwrite: Flags.boolean({description: 'replace the file'}),
    prices: pricesFlag,
  };

  async run(): Promise<ReportResult> {
    const {args, flags} = await this.parse(Report);
    const {checkPageName, writeReport} = await import('../cli/results/write-report.js');
    checkPageName(flags.output);
    const prices = await readPrices(flags.prices);
    const [{collectReport}, store, createFile] = await Promise.all([
      import('../lib/workflows/report/collect-report.js'),
      this.openStore(flags['job-info']),
      this.fileMaker(),
    ]);
    const stop = this.stopSignal();
    const data = await collectReport(store, {
      names: args.jobs ?? [],
      prices,
      nowMs: this.clock.now(),
      signal: stop,
    });
    const place = await writeReport(data, createFile, {path: flags.output, overwrite: flags.overwrite, stop});
    const result = resultOf(data, place);
    if (!this.jsonEnabled()) this.#tell(result);
    return result;
  }

  #tell({report, jobs, rows, rows_left_out: leftOut, problems}: ReportResult): void {
    const left = leftOut === 0 ? '' : ` (${leftOut} more have no room)`;
    process.stdout.write(
      `${plural(jobs, 'batch job')}, ${rows === 1 ? '1 row needs' : `${formatCount(rows)} rows need`} attention${left} → ${report}\n`,
    );
    for (const problem of problems) this.logToStderr(`Warning: ${problem}`);
  }
}

function resultOf(data: ReportData, place: Pick<ReportResult, 'report' | 'size_bytes'>): ReportResult {
  const {jobs, rows, rows_left_out, problems} = data;
  return {...place, jobs: jobs.length, rows: rows.length, rows_left_out, problems};
}
