import {jobOutcome, replacedJobs} from '../lib/domain/job/job-progress.js';
import {nextStep} from '../lib/domain/job/next-step.js';
import {ownCommand} from '../lib/domain/program-name.js';
import type {JobStore} from '../lib/store/job-store.js';

/** What helps on with what is recorded; undefined when all of it is over and no other try can help. */
export function nextCommand(store: JobStore): string | undefined {
  const records = store.read().records.map(({record}) => record);
  const replaced = replacedJobs(records);
  const step = nextStep(
    records.map((record) => ({
      outcome: jobOutcome(record),
      replaced: replaced.has(record.batch.name),
      results: record.results,
    })),
  );
  return step === undefined || step.startsWith('results') ? undefined : ownCommand(step);
}
