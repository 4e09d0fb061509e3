import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {constants} from 'node:os';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {EmulatorCommand, emulatorFlags} from '../../shell/emulator-command.js';
import {GembatchError} from '../../lib/domain/errors.js';

/** Signals that are passed on to the command. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `gembatch emulator exec -- COMMAND` */
export default class EmulatorExec extends EmulatorCommand {
  static override summary = 'Run a command against a local Gemini Batch API of its own.';

  static override description = `Starts the emulator on a free port, runs the command with GOOGLE_GEMINI_BASE_URL set to it and with an API key that only the emulator takes, and ends with the exit code of the command. A real key in the environment is hidden from the command, so that nothing can reach Google and nothing is paid.`;

  static override examples = [
    {
      description: 'Submit the request files of a folder for trial',
      command:
        '<%= config.bin %> <%= command.id %> -- gembatch submit batch/*.jsonl --model gemini-2.5-flash-lite',
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
    const emulator = await this.startEmulator(flags, 0);
    try {
      process.exitCode = await runCommand(args.command, emulator.url);
      if (flags.paid) this.#reportPaid(emulator.control.paid());
    } finally {
      await emulator.close();
    }
  }

  #reportPaid(paid: readonly {name: string; request_count: number; display_name: string}[]): void {
    this.logToStderr(`Batch jobs that would have been paid for: ${paid.length}`);
    for (const job of paid)
      this.logToStderr(`  ${job.name}  ${job.request_count} requests  ${job.display_name}`);
  }
}

/** @returns the exit code of the command; 128 and more for a signal that ended it, as shells have it. */
async function runCommand([command = '', ...args]: readonly string[], url: string): Promise<number> {
  const {GOOGLE_API_KEY: _hidden, ...environment} = process.env;
  const child = spawn(command, args, {
    stdio: 'inherit',
    env: {...environment, GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'emulator'},
  });
  const forward = (signal: NodeJS.Signals): boolean => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'close');
    if (typeof code === 'number') return code;
    return 128 + (typeof signal === 'string' ? constants.signals[signal] : 0);
  } catch (error) {
    throw new GembatchError('USAGE', `${command}: cannot be run.`, {
      suggestions: ['Check the command after --; it must be a program that can be found.'],
      cause: error,
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}
