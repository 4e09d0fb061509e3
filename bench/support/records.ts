import {writeFile} from 'node:fs/promises';
import type {Intent, JobRecord} from '../../src/lib/domain/job/job-record.js';

/** The record of a running job, with all that a submission of today writes. */
export function record(id: string): JobRecord {
  return {
    input_file: `batch/requests-${id}.jsonl`,
    count: 1_000,
    uploaded_file_name: `files/${id}`,
    batch: {
      name: `batches/${id}`,
      model: 'models/gemini-3.5-flash-lite',
      state: 'JOB_STATE_RUNNING',
      display_name: `requests-${id}.jsonl #gb-0123456789ab-${id}`,
      create_time: '2026-01-31T09:00:00.000Z',
    },
    sha256: id.replaceAll(/\D/gu, '').padStart(64, '0'),
    size_bytes: 1_048_576,
    attempt: id,
    submitted_at: '2026-01-31T09:00:00.000Z',
  };
}

export function intent(id: string): Intent {
  const {input_file, uploaded_file_name} = record(id);
  return {
    attempt: id,
    input_file,
    count: 1_000,
    uploaded_file_name,
    model: 'models/gemini-3.5-flash-lite',
    display_name: `requests-${id}.jsonl #gb-0123456789ab-${id}`,
    sha256: id.padStart(64, '0'),
    size_bytes: 1_048_576,
    intended_at: '2026-01-31T09:00:00.000Z',
  };
}

/** Writes a job-info file with so many running jobs, `old1`, `old2`, … */
export async function writeStore(path: string, jobs: number): Promise<void> {
  const lines = Array.from({length: jobs}, (_, i) => `${JSON.stringify(record(`old${i + 1}`))}\n`);
  await writeFile(path, lines.join(''));
}
