import type {Behaviour} from './behaviour.js';
import {timestamp, type ClockSetting} from './clock.js';
import type {FaultRule, OperationName} from './faults.js';
import type {LoggedRequest, PaidJob} from './ledger.js';
import type {OutcomeRule} from '../jobs/outcomes.js';
import type {World} from '../world.js';

/** How tests and people look into a running emulator and steer it. The same can be had over HTTP, below `/emulator/`. */
export class EmulatorControl {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Every create that took effect, even if nobody heard of it. */
  paid(): readonly PaidJob[] {
    return this.#world.ledger.paid;
  }

  /** Every call that reached the emulator. */
  requests(): readonly LoggedRequest[] {
    return this.#world.ledger.requests;
  }

  /** How many calls of each kind there were. */
  counts(): Partial<Record<OperationName, number>> {
    return this.#world.ledger.counts();
  }

  /** The most calls of one kind that were under way at once. */
  peak(operation: OperationName): number {
    return this.#world.ledger.peaks.get(operation) ?? 0;
  }

  /** The same for all kinds that were called. */
  peaks(): Partial<Record<OperationName, number>> {
    return Object.fromEntries(this.#world.ledger.peaks);
  }

  /** Names of the uploaded files that the service has, newest first. */
  files(): readonly string[] {
    return this.#world.files.uploaded().map(({name}) => name);
  }

  /** Names of the batch jobs that the service has, newest first. */
  jobs(): readonly string[] {
    return this.#world.jobs.newestFirst().map(({name}) => name);
  }

  /** Adds a fault; those asked for first come first. */
  fault(rule: FaultRule): void {
    this.#world.faults.add(rule);
  }

  clearFaults(): void {
    this.#world.faults.clear();
  }

  /** Says what jobs come to; of several rules that fit a job, the one added last holds. */
  outcome(rule: OutcomeRule): void {
    this.#world.outcomes.add(rule);
  }

  clearOutcomes(): void {
    this.#world.outcomes.clear();
  }

  behaviour(): Behaviour {
    return this.#world.behaviour;
  }

  behave(changes: Partial<Behaviour>): void {
    this.#world.behaviour = {...this.#world.behaviour, ...changes};
  }

  /** The emulated time, RFC 3339, and how fast it runs. */
  time(): {readonly now: string; readonly speed: number} {
    const {clock} = this.#world;
    return {now: timestamp(clock.now()), speed: clock.speed};
  }

  /** Moves the emulated time on. */
  advance(ms: number): void {
    this.setClock({advance_ms: ms});
  }

  /** @param speed - emulated seconds per real second; 0 stands still. */
  setSpeed(speed: number): void {
    this.setClock({speed});
  }

  setClock({advance_ms: advanceMs = 0, speed}: ClockSetting): void {
    if (speed !== undefined) this.#world.clock.setSpeed(speed);
    this.#world.clock.advance(advanceMs);
    this.#world.jobs.catchUp();
  }

  /** Forgets files, jobs, faults, outcomes and what was paid; keeps how it behaves and what time it is. */
  reset(): Promise<void> {
    return this.#world.reset();
  }
}
