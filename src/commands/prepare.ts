import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import {prepareFlags, recipeOf} from '../cli/flags/prepare-flags.js';
import {ownCommand} from '../lib/domain/program-name.js';
import {shellWord} from '../lib/domain/text/shell-word.js';
import type {PrepareProgress, PrepareReport} from '../lib/workflows/prepare/prepare-report.js';

/** `gembatch prepare SOURCE...` */
export default class Prepare extends BaseCommand {
  static override summary = 'Make request files from a table, a folder of files or another format.';

  static override description = `Takes tables (CSV, TSV, JSON, Parquet), texts, PDFs, images and audio, OpenAI's batch format, and bare requests; see docs/prepare.md. The prompt is a Liquid template with columns as variables; files have path, name and text. Nothing is sent. Run it again when rows were added: they go into new files, and existing files never change.`;

  static override examples = [
    {
      description: 'Make request files in reviews/, with keys from a column',
      command: `<%= config.bin %> <%= command.id %> reviews.csv --key id -p 'Rate: {{ review }}'`,
    },
    {
      description: 'See the first request for a folder of PDFs',
      command: `<%= config.bin %> <%= command.id %> scans -p 'Sum it up' --preview 1`,
    },
  ];

  static override args = {
    sources: Args.string({
      description: 'tables, folders, files or glob patterns',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    ...prepareFlags,
    output: Flags.string({
      char: 'o',
      description: 'folder for the request files [default: beside the source]',
      helpValue: '<folder>',
    }),
    preview: Flags.integer({
      description: 'print the first requests, and write nothing',
      helpValue: '<n>',
      min: 1,
    }),
  };

  async run(): Promise<PrepareReport> {
    const {args, flags} = await this.parse(Prepare);
    const [{prepareRequests}, {prepareLines, previewLines, PrepareView, relativeFolder}, createFile] =
      await Promise.all([
        import('../lib/workflows/prepare/prepare-requests.js'),
        import('../lib/output/prepare-lines.js'),
        this.fileMaker(),
      ]);
    const {mode, screen} = this.display(flags);
    const view = mode === 'live' ? new PrepareView(screen.stderr, this.clock) : undefined;
    const cwd = process.cwd();
    let report: PrepareReport;
    try {
      report = await prepareRequests(
        {createFile, report: (progress: PrepareProgress) => view?.report(progress)},
        {
          ...recipeOf(flags, cwd),
          sources: args.sources,
          output: flags.output,
          preview: flags.preview,
          ifChanged: 'fail',
          signal: this.stopSignal(),
        },
      );
    } finally {
      view?.close();
    }
    if (!this.jsonEnabled()) {
      const shown = report.preview === undefined ? prepareLines(report, {cwd}) : previewLines(report.preview);
      process.stdout.write(shown.map((line) => `${line}\n`).join(''));
    }
    if (!flags.quiet && !this.jsonEnabled())
      for (const note of report.notes) this.logToStderr(`Note: ${note}`);
    if (report.output !== null && !flags.quiet && !this.jsonEnabled())
      this.logToStderr(`Next: ${ownCommand(`run ${shellWord(relativeFolder(report.output, cwd))}`)}`);
    process.exitCode = report.exit_code;
    return report;
  }
}
