import * as Flags from '@oclif/core/flags';
import type {Scenario} from '../emulator/control/scenario.js';
import type {Emulator} from '../emulator/http/server.js';
import {GembatchError} from '../lib/domain/errors.js';
import {GembatchCommand} from './gembatch-command.js';

/** The API key that goes with an emulator; it takes any, but this one tells what it is. */
export const EMULATOR_KEY = 'emulator';

/** Variables by which clients of Vertex AI and Cloud Storage find an emulator. */
export function cloudVariables(url: string): Readonly<Record<string, string>> {
  return {GOOGLE_VERTEX_BASE_URL: url, STORAGE_EMULATOR_HOST: url, GOOGLE_CLOUD_PROJECT: 'emulator'};
}

/** Flags of the commands that start an emulator. */
export const emulatorFlags = {
  faults: Flags.string({
    description: 'JSON file with the faults to play (see docs/emulator.md)',
    helpValue: '<file>',
  }),
  speed: Flags.integer({
    description: 'emulated seconds per second; 0 for a clock that only POST /emulator/clock moves',
    default: 1,
    min: 0,
  }),
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
export abstract class EmulatorCommand extends GembatchCommand {
  static override enableJsonFlag = true;

  /**
   * Starts an emulator as the flags say.
   *
   * @param port - 0 takes a free one.
   * @throws GembatchError `USAGE` for a port that cannot be used and for a file of faults that is none.
   */
  protected async startEmulator(flags: EmulatorFlagValues, port: number): Promise<Emulator> {
    const {createEmulator} = await import('../emulator/http/server.js');
    const {behaviour, faults = [], outcomes = []} = await readScenario(flags.faults);
    const jobMs = flags['job-seconds'] * 1_000;
    const emulator = await createEmulator({
      port,
      speed: flags.speed,
      behaviour: {pending_ms: jobMs / 3, running_ms: (jobMs * 2) / 3, ...behaviour},
    }).catch((error: unknown) => {
      throw portError(port, error);
    });
    for (const rule of faults) emulator.control.fault(rule);
    for (const rule of outcomes) emulator.control.outcome(rule);
    return emulator;
  }
}

function portError(port: number, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  return new GembatchError('USAGE', `The emulator cannot listen on port ${port}.`, {
    suggestions: ['Name another port, or 0 for a free one: --port 0'],
    cause: error,
  });
}

async function readScenario(path: string | undefined): Promise<Scenario> {
  if (path === undefined) return {};
  const {scenarioOf} = await import('../emulator/jobs/checks/rule-check.js');
  const {readNamedText} = await import('../lib/workflows/request-file/read-text.js');
  const text = await readNamedText(path).catch((error: unknown) => {
    if (error instanceof GembatchError) throw error;
    throw new GembatchError('USAGE', `${path} cannot be read.`, {cause: error});
  });
  try {
    const value: unknown = JSON.parse(text);
    return scenarioOf(Array.isArray(value) ? {faults: value} : value);
  } catch (error) {
    throw new GembatchError('USAGE', `${path}: ${error instanceof Error ? error.message : 'wrong'}`, {
      suggestions: ['Write it like [{"on": "batches.create", "fault": {"kind": "reset_after"}}]'],
      cause: error,
    });
  }
}
