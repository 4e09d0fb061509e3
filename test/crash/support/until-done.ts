import type {RunningCli} from '../../helpers/run-cli.js';
import type {Attack} from './attack.js';

/** How a command is killed, and how it may end. */
export interface Kills {
  readonly kills: number;
  /** From a start to its kill, on average. */
  readonly pauseMs: number;
  /** Exit codes of a command that has ended by itself and well. */
  readonly codes: readonly number[];
}

/**
 * Starts a command, kills it, and starts it again, until it ends by itself. Another end is a violation.
 *
 * @returns how often it was killed.
 */
export async function untilDone(
  attack: Attack,
  start: () => RunningCli,
  {kills, pauseMs, codes}: Kills,
): Promise<number> {
  const mostStarts = 2 * kills + 4;
  let killed = 0;
  for (let starts = 0; starts < mostStarts; starts += 1) {
    const run = start();
    const kill = (): boolean => run.process.kill('SIGKILL');
    const timer = killed < kills ? setTimeout(kill, pauseMs * (0.5 + attack.random())) : undefined;
    const {code, signal, stdout, stderr} = await run.ended;
    clearTimeout(timer);
    if (signal === 'SIGKILL') killed += 1;
    else {
      if (code === null || !codes.includes(code))
        attack.violation(`ended with ${code ?? signal}: ${stdout.slice(-200)} ${stderr.slice(-300)}`);
      return killed;
    }
  }
  attack.violation('it does not end by itself');
  return killed;
}
