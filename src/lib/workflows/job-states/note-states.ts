import {isDeepStrictEqual} from 'node:util';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal} from '../../domain/job/job-state.js';
import type {RecordChange} from '../poll/job-board.js';
import type {RefreshedJobs} from './refresh-jobs.js';

/**
 * The changes that bring records up to what the service said: new states and counts, jobs that it does not have, and
 * jobs that were lost and are there again. Records about which there is no news are not among them.
 */
export function noteStates(
  records: readonly JobRecord[],
  {found, gone}: RefreshedJobs,
  nowIso: string,
): ReadonlyMap<string, RecordChange> {
  const changes = new Map<string, RecordChange>();
  for (const record of records) {
    const {name} = record.batch;
    const change = changeFor(found.get(name), gone.has(name), nowIso);
    if (change !== undefined && !isDeepStrictEqual(change(record), record)) changes.set(name, change);
  }
  return changes;
}

function changeFor(batch: BatchJob | undefined, isGone: boolean, nowIso: string): RecordChange | undefined {
  if (batch !== undefined) {
    return (record) => {
      const {lost_at: _, ...rest} = record;
      return {...rest, batch: newer(record.batch, batch)};
    };
  }
  if (isGone) return (record) => ({lost_at: nowIso, ...record});
  return undefined;
}

/** A final state stays, and what the service no longer mentions is still true. */
function newer(known: BatchJob, said: BatchJob): BatchJob {
  return isTerminal(known.state) && !isTerminal(said.state) ? known : {...known, ...said};
}
