import {resolve} from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../base-command.js';
import type {ResultsReport} from '../lib/workflows/collect-results.js';
import {exitCodesHelp} from '../shell/exit-codes-help.js';
import {pollFlags} from '../shell/poll-flags.js';
import {writeLines} from '../shell/write-lines.js';

/** `gembatch results [FILE|JOB...]` */
export default class Results extends BaseCommand {
  static override summary = 'Say where results are, join them to their requests, list bad rows.';

  static override description = `Fetches the results of finished jobs that are not on disk yet, which takes an API key, and says where all are. It does not ask how jobs stand: that is for "gembatch poll".

--join writes each request with its answer, in the order of the request file, answers of retries included. --failed lists the rows that did not work; "gembatch retry" submits them again.

${exitCodesHelp(['ok', 'failed', 'partial', 'running', 'credentials', 'service', 'storage', 'interrupted'])}`;

  static override examples = [
    {description: 'See where the results are', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Join one file with its answers, as lines of JSON on standard output',
      command: '<%= config.bin %> <%= command.id %> batch/001.jsonl --join -',
    },
    {
      description: 'Write all answers into a table for a spreadsheet',
      command: '<%= config.bin %> <%= command.id %> --join answers.csv --format csv',
    },
    {
      description: 'See which requests did not work, and why',
      command: '<%= config.bin %> <%= command.id %> --failed',
    },
  ];

  static override args = {
    jobs: Args.string({
      description: 'request files or batch jobs [default: all]',
      multiple: true,
      required: false,
    }),
  };

  static override flags = {
    join: Flags.string({
      description: 'write each request with its answer to a file, - for standard output',
      helpValue: '<file>|-',
      exclusive: ['failed'],
    }),
    format: Flags.option({
      description: 'form of the joined rows',
      options: ['jsonl', 'csv'] as const,
      default: 'jsonl',
    })(),
    'parse-json': Flags.boolean({description: 'join the answers as JSON values where their text is JSON'}),
    overwrite: Flags.boolean({description: 'write over another file at the place of --join'}),
    failed: Flags.boolean({description: 'list the rows that did not work'}),
    'keep-remote': pollFlags['keep-remote'],
    'results-dir': pollFlags['results-dir'],
  };

  async run(): Promise<ResultsReport> {
    const {args, flags} = await this.parse(Results);
    const [workflow, output, store, createFile] = await Promise.all([
      import('../lib/workflows/collect-results.js'),
      import('../lib/output/results-lines.js'),
      this.openStore(flags['job-info']),
      this.fileMaker(),
    ]);
    const report = await workflow.collectResults(
      store,
      async () => ({store, clock: this.clock, createFile, client: await this.createClient(this.apiKey())}),
      {
        names: args.jobs ?? [],
        keepsRemote: flags['keep-remote'],
        resultsDir: flags['results-dir'] === undefined ? null : resolve(flags['results-dir']),
        stop: this.stopSignal(),
      },
    );
    process.exitCode = report.exit_code;

    if (flags.join !== undefined) {
      const rows = workflow.joinedRows({store}, report, flags['parse-json'] ? 'json' : 'text');
      const isCsv = flags.format === 'csv';
      const lines = mapLines(
        rows,
        isCsv ? output.joinedCsvRecord : jsonLine,
        isCsv ? output.JOINED_CSV_TITLES : undefined,
      );
      await writeLines(
        lines,
        flags.join === '-' ? undefined : await createFile(resolve(flags.join), {overwrite: flags.overwrite}),
      );
    } else if (flags.failed) {
      const asText = this.jsonEnabled() ? jsonLine : output.badRowLine;
      await writeLines(mapLines(workflow.badRows({store}, report), asText), undefined);
    } else if (!this.jsonEnabled()) {
      for (const line of output.resultsLines(report)) this.log(line);
    }
    return report;
  }

  /** Rows on standard output are all that is there: one JSON value per line, no object around them. */
  override logJson(value: unknown): void {
    const hasRows = this.argv.includes('--failed') || this.argv.includes('-');
    if (!hasRows || (typeof value === 'object' && value !== null && 'error' in value)) super.logJson(value);
  }
}

function jsonLine(row: unknown): string {
  return `${JSON.stringify(row)}\n`;
}

async function* mapLines<T>(
  rows: AsyncIterable<T>,
  asText: (row: T) => string,
  title?: string,
): AsyncGenerator<string> {
  if (title !== undefined) yield title;
  for await (const row of rows) yield asText(row);
}
