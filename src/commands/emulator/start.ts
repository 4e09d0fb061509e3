import {once} from 'node:events';
import * as Flags from '@oclif/core/flags';
import {cloudVariables, EMULATOR_KEY, EmulatorCommand, emulatorFlags} from '../../cli/emulator-command.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `gembatch emulator start` */
export default class EmulatorStart extends EmulatorCommand {
  static override summary = 'Run a local Gemini Batch API until Ctrl-C.';

  static override description = `Speaks the protocol of the Gemini Batch API on this machine alone: uploads, batch jobs whose states move with time, results derived from each request. Nothing is sent to Google and nothing is paid. Its files are in a temporary folder, which it removes when Ctrl-C or a signal ends it.

Make things go wrong with --faults, or while it runs with POST /emulator/faults; GET /emulator/paid lists what would have been paid for. See docs/emulator.md.

With --json the first and only line on stdout is an object with the URL and the variables to set; it is printed when the emulator is ready.`;

  static override examples = [
    {description: 'Run it on its usual port', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Let jobs take a minute, and a day pass in one minute',
      command: '<%= config.bin %> <%= command.id %> --job-seconds 60 --speed 1440',
    },
    {
      description: 'Start it from a script, on a free port, with faults',
      command: '<%= config.bin %> <%= command.id %> --port 0 --faults faults.json --json',
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

  async run(): Promise<void> {
    const {flags} = await this.parse(EmulatorStart);
    const ended = Promise.race(SIGNALS.map((signal) => once(process, signal)));
    const emulator = await this.startEmulator(flags, flags.port);
    this.#sayAddress(emulator.url);
    await ended;
    await emulator.close();
  }

  #sayAddress(url: string): void {
    const ofGemini = {GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: EMULATOR_KEY};
    const ofCloud = cloudVariables(url);
    if (this.jsonEnabled()) {
      process.stdout.write(`${JSON.stringify({url, environment: {...ofGemini, ...ofCloud}})}\n`);
      return;
    }
    this.log(`The emulator listens on ${url}. To use it:\n`);
    this.log(`  export ${settingsOf(ofGemini)}\n`);
    this.log(`With --vertex --bucket gs://any-bucket:\n`);
    this.log(`  export ${settingsOf(ofCloud)}\n`);
    this.log('Ctrl-C ends it.');
  }
}

function settingsOf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
