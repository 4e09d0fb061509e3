import {jobOutcome} from '../lib/domain/job/job-progress.js';
import {replacedJobs} from '../lib/domain/job/replaced-jobs.js';
import type {JobRecord} from '../lib/domain/job/job-record.js';
import {nextStep, type NextStep} from '../lib/domain/job/next-step.js';
import {ownCommand} from '../lib/domain/program-name.js';
import type {JobStore} from '../lib/store/job-store.js';

/** The command to run next for the recorded jobs; undefined when all are over and another try cannot help. */
export function nextCommand(store: JobStore): string | undefined {
  const step = stepAfter(store);
  return step === undefined || step.startsWith('results') ? undefined : ownCommand(step);
}

/**
 * The command to run next where jobs were to be cancelled: they are not to be sent again.
 *
 * @param names - of their batch jobs.
 */
export function nextAfterCancel(store: JobStore, names: ReadonlySet<string>): string | undefined {
  return stepAfter(store, ({batch}) => names.has(batch.name)) === 'poll' ? ownCommand('poll') : undefined;
}

function stepAfter(store: JobStore, isMeant = (_record: JobRecord): boolean => true): NextStep | undefined {
  const records = store.read().records.map(({record}) => record);
  const replaced = replacedJobs(records);
  return nextStep(
    records.filter(isMeant).map((record) => ({
      outcome: jobOutcome(record),
      replaced: replaced.has(record.batch.name),
      results: record.results,
    })),
  );
}
