import {attackTest, weakenedTest, type Attack, type AttackTitle} from './attack.js';
import {amount} from './form.js';
import {withWeakenedBuild, type Weakening} from './weakened-build.js';

/** How often a weakened build is attacked until something is found. */
const MOST_TRIES = 3;

/** What an attack is made on, and how often. */
export interface Attacked {
  /** The launcher of the weakened build; undefined for that of the repository. */
  readonly bin: string | undefined;
  /** How often each case is tried. */
  readonly rounds: number;
}

/** The guard that an attack aims at, and how to take it out. */
export interface Guard {
  /** What the build lacks then: `no refusal of damaged lines`. */
  readonly without: string;
  readonly changes: readonly Weakening[];
}

/** An attack on the shipped code, which must find nothing, and the same on a build without the guard, which must find something. */
export function guardedAttack(
  title: AttackTitle & {
    readonly guard: Guard;
    readonly rounds: {readonly short: number; readonly whole: number};
  },
  work: (attack: Attack, attacked: Attacked) => Promise<void>,
): void {
  const {group, attack: name, unit, guard, rounds} = title;
  attackTest({group, attack: name, unit}, (attack) => work(attack, {bin: undefined, rounds: amount(rounds)}));
  weakenedTest({group, attack: `${name}: ${guard.without}`, unit}, async (attack) => {
    await withWeakenedBuild(guard.changes, async (bin) => {
      // On a busy machine a command may end before it comes to what the guard is for.
      for (let tries = 0; tries < MOST_TRIES && attack.violations.length === 0; tries += 1)
        await work(attack, {bin, rounds: 1});
    });
  });
}

/** Each of the cases, so often. */
export function repeated<T>(cases: readonly T[], rounds: number): readonly T[] {
  return Array.from({length: rounds}, () => cases).flat();
}
