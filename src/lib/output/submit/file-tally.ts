import type {FileOutcome} from '../../workflows/submit/submit-report.js';

/** What became of the files of a submission so far. Adding one costs the same however many there are. */
export class FileTally {
  readonly counts: Record<FileOutcome['outcome'], number> = {
    submitted: 0,
    skipped: 0,
    changed: 0,
    would_submit: 0,
    failed: 0,
    unclear: 0,
    not_started: 0,
  };
  /** What a person has to look at, in the order in which it ended, as the lists below. */
  readonly needsAttention: FileOutcome[] = [];
  readonly notStarted: FileOutcome[] = [];
  /** What `--dry-run` would submit; its requests are null as soon as nobody has counted those of one file. */
  readonly planned: {requests: number | null; bytes: number} = {requests: 0, bytes: 0};

  /** How many files have come to their end. */
  get ended(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  add(outcome: FileOutcome): void {
    this.counts[outcome.outcome] += 1;
    if (needsAttention(outcome)) this.needsAttention.push(outcome);
    if (outcome.outcome === 'not_started') this.notStarted.push(outcome);
    if (outcome.outcome === 'would_submit') {
      const {count = 0} = outcome;
      const {requests} = this.planned;
      this.planned.requests = count === null || requests === null ? null : requests + count;
      this.planned.bytes += outcome.size_bytes ?? 0;
    }
  }
}

/** Whether a person has to look at what became of a file. */
export function needsAttention({outcome, error, warnings = []}: FileOutcome): boolean {
  return (error !== undefined && outcome !== 'not_started') || warnings.length > 0;
}
