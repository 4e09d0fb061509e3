import * as Flags from '@oclif/core/flags';
import {BaseCommand} from '../cli/base-command.js';
import type {JoinedFile} from '../cli/results/write-joined.js';
import type {PollDeps} from '../lib/workflows/poll/poll-run.js';
import type {ResultsReport} from '../lib/workflows/results/collect-results.js';
import type {PollEvent} from '../lib/workflows/poll/poll-report.js';
import {RARE} from '../cli/flags/flags.js';
import {pricesFlag, readPrices} from '../cli/prices.js';
import {JOIN_FORMATS} from '../cli/results/join-form.js';
import {pollFlags, resultsDirOf, fetchesLeft} from '../cli/flags/poll-flags.js';
import {jobsArgument} from '../cli/flags/jobs-argument.js';

/** `gembatch results [FILE|JOB...]` */
export default class Results extends BaseCommand {
  static override summary = 'Fetch, join and inspect results.';

  static override description = `Fetches results of finished jobs that are not on disk yet (this needs an API key) and says where all are. Once they are safe, the service's copies are deleted.

--join writes each answer beside its request and the row of the table that it was prepared from. --failed lists the rows that did not work; "<%= config.bin %> retry" submits them again. Both need the request files as they were sent.`;

  static override examples = [
    {
      description: 'Join one file with its answers, as lines of JSON on standard output',
      command: '<%= config.bin %> <%= command.id %> batch/001.jsonl --join -',
    },
    {
      description: 'Write all answers into a table for a spreadsheet',
      command: '<%= config.bin %> <%= command.id %> --join answers.csv',
    },
    {
      description: 'See which requests did not work, and why',
      command: '<%= config.bin %> <%= command.id %> --failed',
    },
  ];

  static override args = {
    jobs: jobsArgument(),
  };

  static override flags = {
    join: Flags.string({
      description: 'write requests with answers to a file (-: stdout)',
      helpValue: '<file>|-',
      exclusive: ['failed'],
    }),
    format: Flags.option({
      description: 'form of --join [default: by the ending of the file]',
      options: JOIN_FORMATS,
      dependsOn: ['join'],
    })(),
    columns: Flags.string({
      description: 'columns of a table, in this order',
      helpValue: '<name,...>',
      dependsOn: ['join'],
    }),
    thoughts: Flags.boolean({description: 'join thoughts too, in JSONL', dependsOn: ['join']}),
    media: Flags.string({
      description: 'write images and sounds of answers into files',
      helpValue: '<folder>',
      dependsOn: ['join'],
    }),
    'parse-json': Flags.boolean({description: 'join answers that are JSON as values', dependsOn: ['join']}),
    'no-formula-guard': Flags.boolean({
      ...RARE,
      description: 'leave texts that look like formulas as they are',
      dependsOn: ['join'],
    }),
    overwrite: Flags.boolean({description: 'let --join replace a file', dependsOn: ['join']}),
    source: Flags.string({
      ...RARE,
      description: 'table of the requests [default: as prepared]',
      helpValue: '<file>',
      dependsOn: ['join'],
    }),
    key: Flags.string({
      ...RARE,
      description: 'column of --source with the request keys',
      helpValue: '<column>',
      dependsOn: ['join'],
    }),
    failed: Flags.boolean({description: 'list the rows that did not work'}),
    'keep-remote': pollFlags['keep-remote'],
    'results-dir': pollFlags['results-dir'],
    'no-check-answers': pollFlags['no-check-answers'],
    // As of "poll", whose help has it.
    prices: {...pricesFlag, hidden: true},
  };

  #hasRowsOnStdout = false;

  async run(): Promise<ResultsReport & {readonly joined?: JoinedFile}> {
    const {args, flags, raw} = await this.parse(Results);
    const [{collectResults}, {hasRowsOnStdout, printResults}, store, createFile] = await Promise.all([
      import('../lib/workflows/results/collect-results.js'),
      import('../cli/results/print-results.js'),
      this.openStore(flags['job-info']),
      this.fileMaker(),
    ]);
    this.#hasRowsOnStdout = hasRowsOnStdout(flags);
    const stop = this.stopSignal();
    const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices);
    const makeDeps = async (): Promise<PollDeps> => {
      const client = await this.createClient(this.connection(flags, {follows: true}));
      return {
        store,
        client,
        clock: this.clock,
        createFile,
        prices: prices ?? (await readPrices(undefined)),
        report: await this.#reporter(flags),
      };
    };
    let made: Promise<PollDeps> | undefined;
    const fetchDeps = (): Promise<PollDeps> => (made ??= makeDeps());
    const report = await collectResults(store, fetchDeps, {
      names: args.jobs ?? [],
      needsRequests: flags.failed || flags.join !== undefined,
      keepsRemote: flags['keep-remote'],
      resultsDir: resultsDirOf(flags),
      fetchesLeft: fetchesLeft(raw),
      checksAnswers: !flags['no-check-answers'],
      stop,
    });
    const joined = await printResults({store, createFile, fetchDeps, stop}, report, {
      ...flags,
      isJson: this.jsonEnabled(),
    });
    process.exitCode = report.exit_code;
    return joined === undefined ? report : {...report, joined};
  }

  /** Rows on stdout have no object around them. */
  override logJson(value: unknown): void {
    const isFailure = typeof value === 'object' && value !== null && 'error' in value;
    if (!this.#hasRowsOnStdout || isFailure) super.logJson(value);
  }

  /** Tells of waits for the network; without it a fetch that waits would look like one that hangs. */
  async #reporter({quiet}: {quiet: boolean}): Promise<(event: PollEvent) => void> {
    const {pollLines} = await import('../lib/output/poll/poll-lines.js');
    return (event) => {
      if (event.type !== 'wait' || quiet) return;
      for (const line of pollLines(event)) this.logToStderr(line);
    };
  }
}
