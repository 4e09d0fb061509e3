import {isDeepStrictEqual} from 'node:util';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {JobRecord, MissedLooks} from '../../domain/job/job-record.js';
import {isTerminal, normaliseState} from '../../domain/job/job-state.js';
import type {RecordChange} from '../poll/followed-jobs.js';
import type {RefreshedJobs} from './refresh-jobs.js';

/** A job counts as not there after this many looks without it, the last at least this long after the first. */
const MOST_LOOKS = 3;
const LOOKING_MS = 600_000;

/**
 * The changes that bring records up to what the service said: new states and counts, looks that did not find a job, and
 * jobs that are there again. Records about which there is no news are not among them.
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
      const {lost_at: lostAt, not_seen: _missed, ...rest} = record;
      // That its job is there does not bring back results that are gone.
      const areResultsGone = lostAt !== undefined && rest.results_error?.not_found_since !== undefined;
      const isRunning = rest.running_seen_at === undefined && hasBegun(record.batch, batch);
      return {
        ...rest,
        ...(isRunning ? {running_seen_at: nowIso} : {}),
        ...(areResultsGone ? {lost_at: lostAt} : {}),
        batch: newer(record.batch, batch),
      };
    };
  }
  if (!isGone) return undefined;
  return (record) => {
    const isDecided = record.lost_at !== undefined || record.not_seen?.given_up_at !== undefined;
    return isDecided ? record : {...record, not_seen: afterLook(record.not_seen, nowIso)};
  };
}

function afterLook(missed: MissedLooks | undefined, nowIso: string): MissedLooks {
  const {since = nowIso, looks = 0} = missed ?? {};
  const isEnough = looks + 1 >= MOST_LOOKS && Date.parse(nowIso) - Date.parse(since) >= LOOKING_MS;
  return {since, looks: looks + 1, ...(isEnough ? {given_up_at: nowIso} : {})};
}

/** Whether it runs now, and did not when it was looked at before. */
function hasBegun(known: BatchJob, latest: BatchJob): boolean {
  const isRunning = ({state}: BatchJob): boolean => normaliseState(state) === 'JOB_STATE_RUNNING';
  return isRunning(latest) && !isRunning(known) && !isTerminal(known.state);
}

/** A final state stays, and what the service no longer mentions is still true. */
function newer(known: BatchJob, latest: BatchJob): BatchJob {
  return isTerminal(known.state) && !isTerminal(latest.state) ? known : {...known, ...latest};
}
