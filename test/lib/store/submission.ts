import type {GembatchError} from '../../../src/lib/domain/errors.js';
import type {JobStore, Session} from '../../../src/lib/store/job-store.js';
import {intentFor, jobRecord} from './records.js';

/** A service that takes money for every create and can be asked what it was paid for. */
export interface PaidService {
  /** Attempts that were paid, each as often as it was paid. */
  list(): readonly string[];
  create(attempt: string): void;
}

/** Inputs of every submission here. */
export const INPUTS = ['one', 'two', 'three'];

/**
 * Submits three inputs the way a workflow must: reconcile what is open, leave out what is there, and create only under a
 * durable intent. The attempt begins with the input, so that two creates of one input show.
 *
 * @returns what went wrong, in the order it did.
 */
export async function submitThree(
  store: JobStore,
  service: PaidService,
  nonce = String(process.pid),
): Promise<unknown[]> {
  const errors: unknown[] = [];
  try {
    await store.withSession({timeoutMs: 5_000}, async (session) => {
      reconcileOpenIntents(session, service);
      for (const input of INPUTS) {
        submitOne(session, {input, nonce, service, errors});
        // While the next file is on its way to the service, the job is published, in a clock in which waiting takes no time.
        await turns(2);
      }
    });
  } catch (error) {
    errors.push(error);
  }
  return errors;
}

/** Lets other work go first. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What every later start does with the creates that nobody knows the outcome of. */
function reconcileOpenIntents(session: Session, service: PaidService): void {
  const paid = service.list();
  for (const intent of session.snapshot().openIntents) {
    const {attempt, input_file: inputFile} = intent;
    if (paid.includes(attempt)) session.done(attempt, jobFor(attempt, inputFile));
    else session.abort(attempt, 'never made');
  }
}

function submitOne(
  session: Session,
  {input, nonce, service, errors}: {input: string; nonce: string; service: PaidService; errors: unknown[]},
): void {
  const inputFile = `${input}.jsonl`;
  if (session.snapshot().records.some(({record}) => record.input_file === inputFile)) return;
  const attempt = `${input}0${nonce}`;
  try {
    session.intend({...intentFor(attempt), input_file: inputFile});
    service.create(attempt);
    session.done(attempt, jobFor(attempt, inputFile));
  } catch (error) {
    errors.push(error);
  }
}

function jobFor(attempt: string, inputFile: string): ReturnType<typeof jobRecord> {
  return jobRecord(attempt, {input_file: inputFile, attempt});
}

/** The codes of the errors; anything that is not of ours shows as it is. */
export function codesOf(errors: readonly unknown[]): unknown[] {
  return errors.map((error) => (isOurs(error) ? error.code : error));
}

function isOurs(error: unknown): error is GembatchError {
  return typeof error === 'object' && error !== null && 'code' in error && 'suggestions' in error;
}
