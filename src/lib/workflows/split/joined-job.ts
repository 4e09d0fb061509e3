import type {JobRecord, StoredResults} from '../../domain/job/job-record.js';
import {noCounts} from '../../domain/result/row-counts.js';

/** The parts of a request file as one job, known by the record of the first, by which their place is found. */
export function wholeJob({retry_of: _parent, results: _its, part_of: part, ...first}: JobRecord): JobRecord {
  return part === undefined
    ? first
    : {...first, input_file: part.input_file, sha256: part.sha256, count: null};
}

/** The same with their joined results as those of the job; undefined where they are not joined. */
export function joinedJob(first: JobRecord): (JobRecord & {readonly results: StoredResults}) | undefined {
  const {joined} = first;
  if (joined === undefined) return undefined;
  // Where an earlier version has recorded no hash, nothing is known of the content: the file counts as altered.
  const {file, size_bytes, sha256 = ''} = joined;
  const unknown = {fetched_at: '', rows: noCounts(), request_file: 'not_read'} as const;
  return {...wholeJob(first), results: {file, size_bytes, sha256, ...unknown}};
}
