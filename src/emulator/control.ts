/** How tests and people steer the emulator: as methods in one process, or as `/emulator/...` over HTTP. */
import type {IncomingMessage} from 'node:http';
import {isObject, readJson} from './call.js';
import type {Behaviour} from './behaviour.js';
import type {FaultRule, OperationName} from './faults.js';
import type {LoggedRequest, PaidJob} from './ledger.js';
import type {OutcomeRule} from './outcomes.js';
import {ServiceError} from './service-error.js';
import type {World} from './world.js';

/** What can be asked of a running emulator. */
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

  /** Names of the uploaded files that the service has. */
  files(): readonly string[] {
    return [...this.#world.files.values()].filter(({isGenerated}) => !isGenerated).map(({name}) => name);
  }

  /** Names of the batch jobs that the service has. */
  jobs(): readonly string[] {
    return [...this.#world.jobs.keys()];
  }

  fault(rule: FaultRule): void {
    this.#world.faults.add(rule);
  }

  clearFaults(): void {
    this.#world.faults.clear();
  }

  outcome(rule: OutcomeRule): void {
    this.#world.outcomes.add(rule);
  }

  behave(changes: Partial<Behaviour>): void {
    this.#world.behaviour = {...this.#world.behaviour, ...changes};
  }

  /** Moves the emulated time on. */
  advance(ms: number): void {
    this.#world.clock.advance(ms);
  }

  /** @param speed - emulated seconds per real second; 0 stands still. */
  setSpeed(speed: number): void {
    this.#world.clock.setSpeed(speed);
  }

  /** Forgets files, jobs, faults, outcomes and what was paid; keeps how it behaves. */
  reset(): void {
    this.#world.reset();
  }
}

/** Answers a request below `/emulator/`. */
export async function answerControl(
  control: EmulatorControl,
  request: IncomingMessage,
  path: string,
): Promise<unknown> {
  const action = `${request.method} ${path.replace(/^\/emulator\//u, '')}`;
  switch (action) {
    case 'GET paid':
      return {paid: control.paid()};
    case 'GET requests':
      return {requests: control.requests(), counts: control.counts()};
    case 'POST faults':
      control.fault(faultRuleOf(await readJson(request)));
      return {};
    case 'DELETE faults':
      control.clearFaults();
      return {};
    case 'POST outcomes':
      control.outcome(await readJson(request));
      return {};
    case 'POST behaviour':
      control.behave(await readJson(request));
      return {};
    case 'POST clock':
      moveClock(control, await readJson(request));
      return {};
    case 'POST reset':
      control.reset();
      return {};
    default:
      throw new ServiceError(404, `The emulator has no control ${action}.`);
  }
}

/** @throws ServiceError 400 for what is not a fault rule. */
export function faultRuleOf(value: unknown): FaultRule {
  if (!isFaultRule(value)) {
    throw new ServiceError(
      400,
      'A fault needs "on", the name of a call, and "fault", an object with a "kind".',
    );
  }
  return value;
}

function isFaultRule(value: unknown): value is FaultRule {
  if (!isObject(value)) return false;
  const {on, fault} = value;
  return typeof on === 'string' && isObject(fault) && typeof fault['kind'] === 'string';
}

function moveClock(control: EmulatorControl, {advance_ms: advanceMs, speed}: Record<string, unknown>): void {
  if (typeof advanceMs === 'number') control.advance(advanceMs);
  if (typeof speed === 'number') control.setSpeed(speed);
}
