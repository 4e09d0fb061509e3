import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {seededRandom} from '../../helpers/seeded-random.js';
import {amount, SEED} from './form.js';
import {TALLY_FOLDER, type Tally} from './tally.js';

/** No attack takes this long: one that hangs costs CI no more. */
const LIMIT_MS = amount({short: 5 * 60_000, whole: 60 * 60_000});

/** Enough to see what happened, in a report of ten of them. */
const LONGEST_VIOLATION = 600;

/** What an attack is called and counted in. */
export interface AttackTitle {
  readonly group: string;
  readonly attack: string;
  readonly unit: string;
}

/** Collects what one attack tried and found. */
export class Attack {
  #tried = 0;
  readonly #violations: string[] = [];
  readonly #notes: string[] = [];
  /** The random choices of this attack: the same for the same seed, whatever else runs. */
  readonly random: () => number;

  constructor({attack}: AttackTitle) {
    this.random = seededRandom(SEED + createHash('sha256').update(attack).digest().readInt32BE());
  }

  /** Counts tries. */
  tried(count = 1): void {
    this.#tried += count;
  }

  /** Notes something that must never happen, with all that is needed to see it again. */
  violation(text: string): void {
    this.#violations.push(text.slice(0, LONGEST_VIOLATION));
  }

  /** Adds a figure to the table. */
  note(text: string): void {
    this.#notes.push(text);
  }

  get triedCount(): number {
    return this.#tried;
  }

  /** Whether so much was found that a weakened build needs no further trial. */
  get hasFoundEnough(): boolean {
    return this.#violations.length >= 20;
  }

  get violations(): readonly string[] {
    return this.#violations;
  }

  get notes(): string {
    return this.#notes.join(', ');
  }
}

/** An attack on the shipped code: a test that fails when it tried nothing or found anything. */
export function attackTest(title: AttackTitle, work: (attack: Attack) => Promise<void>): void {
  test(
    `${title.group}: ${title.attack}`,
    async () => {
      const attack = await carryOut(title, work, false);
      expect(attack.violations.slice(0, 10)).toEqual([]);
      expect(attack.triedCount).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
}

/** The same attack on a build that was weakened on purpose: a test that fails when nothing is found. */
export function weakenedTest(title: AttackTitle, work: (attack: Attack) => Promise<void>): void {
  test(
    `${title.group}, weakened: ${title.attack}`,
    async () => {
      const attack = await carryOut(title, work, true);
      expect(attack.violations.length).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
}

/** In place of an attack that cannot be made on this machine: the table says why. */
export function skippedTest(title: AttackTitle, why: string): void {
  writeTally({...title, tried: 0, found: 0, isWeakened: false, seconds: 0, note: `skipped: ${why}`});
  test.todo(`${title.group}: ${title.attack} (skipped: ${why})`);
}

async function carryOut(
  title: AttackTitle,
  work: (attack: Attack) => Promise<void>,
  isWeakened: boolean,
): Promise<Attack> {
  const attack = new Attack(title);
  const startedMs = performance.now();
  try {
    await work(attack);
  } finally {
    writeTally({
      ...title,
      tried: attack.triedCount,
      found: attack.violations.length,
      isWeakened,
      seconds: (performance.now() - startedMs) / 1000,
      note: attack.notes,
    });
  }
  return attack;
}

function writeTally(tally: Tally): void {
  mkdirSync(TALLY_FOLDER, {recursive: true});
  const name = `${tally.group} ${tally.attack} ${tally.isWeakened}`.replaceAll(/[^a-z0-9]+/gi, '-');
  writeFileSync(join(TALLY_FOLDER, `${name}.json`), JSON.stringify(tally));
}

/** Runs `work` for each item, `width` at a time. After one that throws nothing more is begun. */
export async function eachOf<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      await work(item).catch((error: unknown) => {
        rest.length = 0;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({length: width}, worker));
}

/** So many of the items, at random and in their order; all when there are fewer. */
export function sampled<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  if (items.length <= count) return items;
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random() * items.length));
  return items.filter((_, index) => chosen.has(index));
}
