import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {FAST_CLOCK, ROOT, runCli, type CliOptions, type CliResult} from '../../helpers/run-cli.js';

/** How a hurried command ended, and what it took. */
export interface HurriedResult extends CliResult {
  /** The most memory it ever had. */
  readonly peakBytes: number;
  readonly seconds: number;
}

const HURRY = pathToFileURL(join(ROOT, 'test/crash/support/hurry.js')).href;

/** Runs the real command line with waits and time-outs that pass `speed` times as fast. */
export async function hurriedCli(
  args: readonly string[],
  {speed, ...options}: CliOptions & {readonly speed: number},
): Promise<HurriedResult> {
  const peakPath = join(options.cwd, '.peak');
  const startedMs = performance.now();
  const ended = await runCli(args, {
    ...options,
    nodeArgs: [...FAST_CLOCK, '--import', HURRY],
    env: {...options.env, GEMBATCH_TEST_SPEED: String(speed), GEMBATCH_TEST_PEAK: peakPath},
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  return {...ended, seconds, peakBytes: Number(await readFile(peakPath, 'utf8'))};
}
