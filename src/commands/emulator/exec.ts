import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {printable} from '../../lib/output/terminal/printable.js';
import {printFolded} from '../../lib/output/terminal/screen.js';
import {cloudVariables, EMULATOR_KEY, EmulatorCommand, emulatorFlags} from '../../cli/emulator-command.js';

/** Where a trial leaves what it makes, in the working folder, so that no later run takes it for real. */
const TRIAL_PLACES = {GEMBATCH_JOB_INFO: 'emulator-job-info.jsonl', GEMBATCH_RESULTS_DIR: 'emulator-results'};

/** `gembatch emulator exec -- COMMAND` */
export default class EmulatorExec extends EmulatorCommand {
  static override summary = 'Run a command against a local Gemini Batch API of its own.';

  static override description = `Starts the emulator on a free port, runs the command with GOOGLE_GEMINI_BASE_URL set to it and GEMINI_API_KEY set to a placeholder, and ends with the exit code of the command (128 and the number of the signal when one ended it). The API keys of your own environment are hidden from the command, so that nothing can reach Google and nothing is paid. GEMBATCH_JOB_INFO and GEMBATCH_RESULTS_DIR name emulator-job-info.jsonl and emulator-results/, so that a trial leaves nothing that a real run takes for its own.

Signals are passed on to the command. The emulator ends with it and forgets everything; see --paid.`;

  static override examples = [
    {
      description: 'Try a submission out',
      command:
        '<%= config.bin %> <%= command.id %> -- <%= config.bin %> submit batch/*.jsonl --model gemini-3.5-flash-lite',
    },
    {
      description: 'Run the tests of a project and see what they would have cost',
      command: '<%= config.bin %> <%= command.id %> --paid -- npm test',
    },
  ];

  static override args = {
    command: Args.string({
      description: 'command to run, after --, with its arguments',
      multiple: true,
      required: true,
    }),
  };

  static override flags = {
    ...emulatorFlags,
    paid: Flags.boolean({
      description: 'say at the end, on stderr, which batch jobs would have been paid for',
    }),
  };

  static override enableJsonFlag = false;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EmulatorExec);
    const {runChild} = await import('../../cli/emulator-child.js');
    const emulator = await this.startEmulator(flags, 0);
    const {GEMBATCH_JOB_INFO: jobInfo, GEMBATCH_RESULTS_DIR: results} = TRIAL_PLACES;
    printFolded(process.stderr, [`Trial: batch jobs are recorded in ${jobInfo}, results go to ${results}/.`]);
    try {
      process.exitCode = await runChild(args.command, {
        GOOGLE_GEMINI_BASE_URL: emulator.url,
        GEMINI_API_KEY: EMULATOR_KEY,
        ...cloudVariables(emulator.url),
        ...TRIAL_PLACES,
      });
      if (flags.paid) this.#reportPaid(emulator.control.paid());
    } finally {
      await emulator.close();
    }
  }

  #reportPaid(paid: readonly {name: string; request_count: number; display_name: string}[]): void {
    this.logToStderr(`Batch jobs that would have been paid for: ${paid.length}`);
    for (const job of paid)
      this.logToStderr(printable(`  ${job.name}  ${job.request_count} requests  ${job.display_name}`));
  }
}
