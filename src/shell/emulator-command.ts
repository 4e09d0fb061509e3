import {readFile} from 'node:fs/promises';
import {Command} from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type {Emulator, EmulatorOptions} from '../emulator/server.js';
import {GembatchError} from '../lib/domain/errors.js';
import {fail} from './fail.js';

/** Flags of the commands that start an emulator. */
export const emulatorFlags = {
  faults: Flags.string({
    description: 'JSON file with a list of faults to inject',
    helpValue: '<file>',
  }),
  speed: Flags.integer({description: 'emulated seconds per second', default: 1, min: 0}),
  'job-seconds': Flags.integer({
    description: 'emulated seconds from the creation of a job to its end',
    default: 6,
    min: 0,
  }),
};

interface EmulatorFlagValues {
  readonly faults: string | undefined;
  readonly speed: number;
  readonly 'job-seconds': number;
}

/** What the commands around the emulator share. They need neither an API key nor a job-info file. */
export abstract class EmulatorCommand extends Command {
  static override enableJsonFlag = true;

  /** @throws GembatchError `USAGE` for a port that is taken and for a file of faults that is none. */
  protected async startEmulator(flags: EmulatorFlagValues, port: number): Promise<Emulator> {
    const [{createEmulator}, {faultRuleOf}] = await Promise.all([
      import('../emulator/server.js'),
      import('../emulator/control.js'),
    ]);
    const jobMs = flags['job-seconds'] * 1_000;
    const options: EmulatorOptions = {
      port,
      speed: flags.speed,
      behaviour: {pending_ms: jobMs / 3, running_ms: (jobMs * 2) / 3},
    };
    const faults = flags.faults === undefined ? [] : await readFaults(flags.faults);
    const rules = faults.map(faultRuleOf);
    try {
      const emulator = await createEmulator(options);
      for (const rule of rules) emulator.control.fault(rule);
      return emulator;
    } catch (error) {
      throw new GembatchError('USAGE', `The emulator cannot listen on port ${port}.`, {
        suggestions: ['Name another port, or 0 for a free one: --port 0'],
        cause: error,
      });
    }
  }

  protected override async catch(error: Error): Promise<void> {
    if ('code' in error && error.code === 'EEXIT') throw error;
    fail(error, {version: this.ctor.plugin?.version ?? this.config.version, isJson: this.jsonEnabled()});
  }
}

async function readFaults(path: string): Promise<readonly unknown[]> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (Array.isArray(value)) return value;
    throw new SyntaxError('not a list');
  } catch (error) {
    throw new GembatchError('USAGE', `${path}: is not a JSON file with a list of faults.`, {
      suggestions: ['Write it like [{"on": "batches.create", "fault": {"kind": "reset_after"}}]'],
      cause: error,
    });
  }
}
