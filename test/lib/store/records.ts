import type {Intent, JobRecord} from '../../../src/lib/domain/job/job-record.js';
import type {Session} from '../../../src/lib/store/job-store.js';

export function jobRecord(id: string, changes: Partial<JobRecord> = {}): JobRecord {
  return {
    input_file: `${id}.jsonl`,
    count: 3,
    uploaded_file_name: `files/${id}`,
    batch: {name: `batches/${id}`, model: 'models/m', state: 'JOB_STATE_PENDING'},
    sha256: id.padStart(64, '0'),
    ...changes,
  };
}

export function recordLine(id: string, changes: Partial<JobRecord> = {}): string {
  return `${JSON.stringify(jobRecord(id, changes))}\n`;
}

export function intentFor(attempt: string): Intent {
  return {
    attempt,
    input_file: `${attempt}.jsonl`,
    count: 3,
    uploaded_file_name: `files/${attempt}`,
    model: 'models/m',
    display_name: `${attempt}.jsonl #gb-000000000000-${attempt}`,
    sha256: attempt.padStart(64, '0'),
    size_bytes: 10,
    intended_at: '2026-01-31T09:00:00.000Z',
  };
}

/** Adds one job as a submission does. */
export function addJob(session: Session, id: string): void {
  session.intend(intentFor(id));
  session.done(id, jobRecord(id));
}
