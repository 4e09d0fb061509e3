import {MODEL} from '../../helpers/submit.js';
import type {Attack} from './attack.js';
import type {FsFault, TracedStep, TrialRun} from './trial.js';

/** Several files at once. */
export const SUBMIT = ['submit', '0*.jsonl', '--model', MODEL, '--concurrency', '3'];

/** From request files to results, asking five times a second. */
export const RUN = ['run', '0*.jsonl', '--model', MODEL, '--concurrency', '3', '--interval', '200ms'];

/** The same in fast time, in which a recovery sits out its waits. */
export const FAST_RUN = [...RUN.slice(0, -1), '80s'];

/** Time for a recovery: two minutes pass in a third of a second. */
export const FAST: TrialRun = {speed: 400};

/** How many trials are under way at once; their waits overlap. */
export const WIDTH = 4;

/** Operations in whose middle a process can die. */
const WRITES = ['write'];
/** Operations after which something has changed; for others "after" is the "before" of the next. */
const CHANGES = [...WRITES, 'open', 'rename', 'unlink', 'link', 'fsync', 'mkdir', 'close'];

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

/** Notes what is wrong under a name that tells how to see it again. */
export function noteFaults(attack: Attack, what: string, faults: readonly string[]): void {
  for (const fault of faults) attack.violation(`${what}: ${fault}`);
}
