import type {Clock} from '../domain/clock.js';
import {isTerminal} from '../domain/job/job-state.js';
import type {JobRecord} from '../domain/job/job-record.js';
import type {CommitLock} from './lock/commit-lock.js';
import {CommitPace} from './lock/commit-pace.js';
import type {JobLines} from './record/job-lines.js';
import type {JobLine} from './record/stored-record.js';

/** By batch name; each gets the newest record and returns the new one. */
export type JobChanges = ReadonlyMap<string, (record: JobRecord) => JobRecord>;

/** Gives the changes from all records, as they are while nobody else can change them. */
export type ChangesFrom = (records: readonly JobRecord[]) => JobChanges;

/** Changes that a caller waits for. */
interface Update {
  readonly changes: JobChanges | ChangesFrom;
  /** Names of the jobs that were changed. */
  readonly applied: Set<string>;
  readonly resolve: (applied: ReadonlySet<string>) => void;
  readonly reject: (reason: unknown) => void;
}

/** The caller waits for its change: a tenth of the time goes into expensive commits, and other changes join meanwhile. */
const MOST_PAUSES = 9;

/**
 * Changes of records, joined: whatever is asked for while a commit is due is in that commit. With thousands of records each
 * commit takes its time, and so many changes at once take no longer than one.
 */
export class UpdateQueue {
  readonly #commits: CommitLock;
  readonly #clock: Clock;
  readonly #pace: CommitPace;
  #waiting: Update[] = [];
  #isWorking = false;

  constructor(commits: CommitLock, clock: Clock) {
    this.#commits = commits;
    this.#clock = clock;
    this.#pace = new CommitPace(clock, MOST_PAUSES);
  }

  /** Changes records; the contract is that of `JobStore.updateJobs`. */
  update(changes: JobChanges | ChangesFrom): Promise<ReadonlySet<string>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({changes, applied: new Set(), resolve, reject});
      if (!this.#isWorking) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      const {waitMs} = this.#pace;
      if (waitMs > 0) await this.#clock.sleep(waitMs);
      await this.#commit(this.#waiting.splice(0));
    }
    this.#isWorking = false;
  }

  async #commit(updates: readonly Update[]): Promise<void> {
    try {
      await this.#commits.commit((lines) => lines.withChanged(editsOf(lines, updates)));
      for (const {resolve, applied} of updates) resolve(applied);
    } catch (error) {
      for (const {reject} of updates) reject(error);
    }
    this.#pace.noteCost(this.#commits.lastHoldMs);
  }
}

/** The new records of the lines that changes are for and that they may change; notes which those are. */
function editsOf(lines: JobLines, updates: readonly Update[]): Map<JobLine, JobRecord> {
  const edits = new Map<JobLine, JobRecord>();
  for (const {changes, applied} of updates) {
    const wanted =
      typeof changes === 'function'
        ? changes(lines.jobs.map((job) => edits.get(job) ?? job.record))
        : changes;
    for (const [name, change] of wanted) {
      for (const at of lines.positionsOf(name)) {
        const job = lines.jobs[at];
        if (job && edit(edits, job, change)) applied.add(name);
      }
    }
  }
  return edits;
}

/** @returns whether the change may be made; a final state stays. */
function edit(
  edits: Map<JobLine, JobRecord>,
  job: JobLine,
  change: (record: JobRecord) => JobRecord,
): boolean {
  const known = edits.get(job) ?? job.record;
  const next = change(known);
  if (isTerminal(known.batch.state) && !isTerminal(next.batch.state)) return false;
  edits.set(job, next);
  return true;
}
