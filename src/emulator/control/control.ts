import type {Behaviour} from './behaviour.js';
import {timestamp, type ClockSetting} from './clock.js';
import type {FaultRule, OperationName} from './faults.js';
import type {LoggedRequest, OpenPeaks, PaidJob} from './call-log.js';
import type {OutcomeRule} from '../jobs/rows/outcomes.js';
import type {ServiceState} from '../service-state.js';
import {makeObjects, type ObjectForm} from '../storage/made-objects.js';

/** How tests and people look into a running emulator and steer it. The same can be had over HTTP, below `/emulator/`. */
export class EmulatorControl {
  readonly #service: ServiceState;

  constructor(service: ServiceState) {
    this.#service = service;
  }

  /** Every create that took effect, even when its answer was lost. */
  paid(): readonly PaidJob[] {
    return this.#service.callLog.paid;
  }

  /** Every call that reached the emulator. */
  requests(): readonly LoggedRequest[] {
    return this.#service.callLog.requests;
  }

  /** How many calls of each kind there were. */
  counts(): Partial<Record<OperationName, number>> {
    return this.#service.callLog.counts();
  }

  /** The most calls of one kind that were under way at once. */
  peak(operation: OperationName): number {
    return this.#service.callLog.peaks.get(operation) ?? 0;
  }

  /** The same for all kinds that were called. */
  peaks(): Partial<Record<OperationName, number>> {
    return Object.fromEntries(this.#service.callLog.peaks);
  }

  /** The most jobs, and tokens of each model, that were open at once. */
  openPeaks(): OpenPeaks {
    return this.#service.callLog.openPeaks;
  }

  /** Names of the uploaded files that the service has, newest first. */
  files(): readonly string[] {
    return this.#service.files.uploaded().map(({name}) => name);
  }

  /** Addresses of the objects in Cloud Storage. */
  objects(): readonly string[] {
    return this.#service.files.objects('gs://').map(({name}) => name);
  }

  /** Puts request files of one form into Cloud Storage that take no room. @throws ServiceError 400 for a form that cannot be. */
  makeObjects(form: ObjectForm): void {
    makeObjects(this.#service, form);
  }

  /** Names of the batch jobs that the service has, newest first. */
  jobs(): readonly string[] {
    return this.#service.jobs.newestFirst().map(({name}) => name);
  }

  /** Adds a fault; those asked for first come first. */
  fault(rule: FaultRule): void {
    this.#service.faults.add(rule);
  }

  /** How often a fault has met a call. */
  faultsMet(): number {
    return this.#service.faults.metCount;
  }

  clearFaults(): void {
    this.#service.faults.clear();
  }

  /** Says what jobs come to; of several rules that fit a job, the one added last holds. */
  outcome(rule: OutcomeRule): void {
    this.#service.outcomes.add(rule);
  }

  clearOutcomes(): void {
    this.#service.outcomes.clear();
  }

  behaviour(): Behaviour {
    return this.#service.behaviour;
  }

  behave(changes: Partial<Behaviour>): void {
    this.#service.behaviour = {...this.#service.behaviour, ...changes};
  }

  /** The emulated time, RFC 3339, and how fast it runs. */
  time(): {readonly now: string; readonly speed: number} {
    const {clock} = this.#service;
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
    if (speed !== undefined) this.#service.clock.setSpeed(speed);
    this.#service.clock.advance(advanceMs);
    this.#service.jobs.catchUp();
  }

  /** Forgets files, jobs, faults, outcomes and what was paid; keeps how it behaves and what time it is. */
  reset(): Promise<void> {
    return this.#service.reset();
  }
}
