import {once} from 'node:events';
import {EmulatorCommand, emulatorFlags} from '../../shell/emulator-command.js';
import * as Flags from '@oclif/core/flags';

/** The `--json` object of `gembatch emulator start`, printed when it ends. */
export interface EmulatorStartResult {
  readonly url: string;
  /** Batch jobs that were created, and would have been paid for. */
  readonly paid: number;
}

/** `gembatch emulator start` */
export default class EmulatorStart extends EmulatorCommand {
  static override summary = 'Run a local Gemini Batch API until Ctrl-C.';

  static override description = `Speaks the protocol of the Gemini Batch API on this machine alone: uploads, batch jobs whose states move with time, results derived from each request. Nothing is sent to Google and nothing is paid. It keeps what it is given in a temporary folder and forgets it when it ends.

What it shall do wrong is set with --faults, or while it runs with POST /emulator/faults; GET /emulator/paid tells what would have been paid for.`;

  static override examples = [
    {description: 'Run it on its usual port', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Let jobs take a minute, and a day pass in one minute',
      command: '<%= config.bin %> <%= command.id %> --job-seconds 60 --speed 1440',
    },
  ];

  static override flags = {
    ...emulatorFlags,
    port: Flags.integer({
      description: 'port to listen on; 0 takes a free one',
      default: 8686,
      min: 0,
      max: 65_535,
    }),
  };

  async run(): Promise<EmulatorStartResult> {
    const {flags} = await this.parse(EmulatorStart);
    const emulator = await this.startEmulator(flags, flags.port);
    this.log(`The emulator listens on ${emulator.url}. To use it:\n`);
    this.log(`  export GOOGLE_GEMINI_BASE_URL=${emulator.url} GEMINI_API_KEY=emulator\n`);
    this.log('Ctrl-C ends it.');
    await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
    const paid = emulator.control.paid().length;
    await emulator.close();
    return {url: emulator.url, paid};
  }
}
