import {MODEL} from '../../helpers/submit.js';
import type {Attack} from './attack.js';
import type {FsFault, TracedStep, Trial, TrialRun} from './trial.js';

/** Several files at once. */
export const SUBMIT = ['submit', '0*.jsonl', '--model', MODEL, '--concurrency', '3'];

/** From request files to results, asking five times a second. */
export const RUN = ['run', '0*.jsonl', '--model', MODEL, '--concurrency', '3', '--interval', '200ms'];

/** The same in fast time, in which a recovery sits out its waits. */
export const FAST_RUN = [...RUN.slice(0, -1), '80s'];

/** Time for a recovery: two minutes pass in a third of a second. */
export const FAST: TrialRun = {speed: 400};

/** Time for a wait whose length matters. */
export const STEPS: TrialRun = {hasStepClock: true};

/** How many trials are under way at once; their waits overlap. */
export const WIDTH = 4;

/** Operations in whose middle a process can die. */
const WRITES = ['write'];
/** Operations after which something has changed; for others "after" is the "before" of the next. */
const CHANGES = [...WRITES, 'open', 'rename', 'unlink', 'link', 'copyFile', 'fsync', 'mkdir', 'close'];

/** Every way to kill a command whose trace this is. */
export function killsOf(steps: readonly TracedStep[]): readonly FsFault[] {
  return steps.flatMap(({n, op}): FsFault[] => {
    if (op === 'create') return [];
    return [
      {at: n, fate: 'before'},
      ...(CHANGES.includes(op) ? [{at: n, fate: 'after'} as const] : []),
      ...(WRITES.includes(op) ? [{at: n, fate: 'half'} as const] : []),
    ];
  });
}

const CODES = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'] as const;

/** Every operation failing with every code, alone and with all later ones. */
export function errorsOf(steps: readonly TracedStep[]): readonly FsFault[] {
  return steps
    .filter(({op}) => op !== 'create')
    .flatMap(({n}) =>
      CODES.flatMap((fate): FsFault[] => [
        {at: n, fate},
        {at: n, fate, isLasting: true},
      ]),
    );
}

/** Runs a command again, undisturbed, and notes whatever is wrong then. */
export async function checkRecovery(
  attack: Attack,
  trial: Trial,
  {what, command = SUBMIT}: {readonly what: string; readonly command?: readonly string[]},
): Promise<void> {
  const {code, stderr} = await trial.run(command, FAST);
  noteFaults(attack, what, code === 0 ? trial.faultsAfterRecovery() : [`exit ${code}: ${stderr}`]);
}

/**
 * Checks a submit that something went wrong with: exit code 0 means that all is done, nothing is lost whatever it was, and
 * the same command brings all to its end.
 */
export async function checkSubmit(
  attack: Attack,
  trial: Trial,
  {what, code}: {readonly what: string; readonly code: number | null | void},
): Promise<void> {
  noteFaults(attack, what, trial.lossesNow());
  if (code === 0 && trial.records().length !== trial.files.length)
    attack.violation(`${what}: exit 0, not all is done`);
  await checkRecovery(attack, trial, {what});
}

/** Notes what is wrong under a name that tells how to see it again. */
export function noteFaults(attack: Attack, what: string, faults: readonly string[]): void {
  for (const fault of faults) attack.violation(`${what}: ${fault}`);
}
