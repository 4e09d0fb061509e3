import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import type {SubmitResult} from '../../src/lib/workflows/submit/submit-report.js';
import {FAST_CLOCK, runCli, startCli, type CliOptions, type CliResult, type RunningCli} from './run-cli.js';
import {parseLines} from './json-lines.js';

/** A model that the emulator has. */
export const MODEL = 'gemini-2.5-flash-lite';

/** Where and how `submit` runs; `speed` makes its waits so many times as fast. */
export interface SubmitOptions {
  readonly folder: string;
  /** Leads to the emulator. */
  readonly env: Readonly<Record<string, string>>;
  readonly speed?: number;
}

/** Runs `gembatch submit … --json` with a model of the emulator. */
export async function submit(
  options: SubmitOptions,
  ...args: readonly string[]
): Promise<CliResult & {readonly result: SubmitResult}> {
  const ended = await runCli(['submit', ...args, '--model', MODEL, '--json'], cliOptions(options));
  return {...ended, result: ended.json() as SubmitResult};
}

/** Starts `gembatch submit …` without waiting for its end. */
export function startSubmit(options: SubmitOptions, ...args: readonly string[]): RunningCli {
  return startCli(['submit', ...args, '--model', MODEL], cliOptions(options));
}

/** The records of a job-info file; none when there is no file. */
export async function records(folder: string): Promise<readonly JobRecord[]> {
  const text = await readFile(join(folder, 'job-info.jsonl'), 'utf8').catch(() => '');
  return parseLines(text).map((line) => line as JobRecord);
}

/** How many files came to each outcome. */
export function tally({files}: SubmitResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const {outcome} of files) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function cliOptions({folder, speed, env}: SubmitOptions): CliOptions {
  return {
    cwd: folder,
    env: {...env, ...(speed === undefined ? {} : {GEMBATCH_TEST_SPEED: String(speed)})},
    ...(speed === undefined ? {} : {nodeArgs: FAST_CLOCK}),
  };
}
