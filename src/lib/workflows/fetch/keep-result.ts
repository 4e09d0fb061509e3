import {isIncomplete} from '../../domain/job/job-progress.js';
import type {IncompleteResults, JobRecord, RowCounts, StoredResults} from '../../domain/job/job-record.js';
import {ownCommand} from '../../domain/program-name.js';
import type {Arrival} from './arrival.js';
import {deleteRemoteCopies} from './delete-remote-copies.js';
import type {FetchDeps, FetchedResult, FetchOptions} from './fetch-options.js';
import {putResult} from './place/put-result.js';
import type {ReadResult} from './result-intake.js';

/** Puts in place what has arrived and records it; only then what the service keeps may go. */
export async function keepResult(
  deps: FetchDeps,
  record: JobRecord,
  {arrival, options}: {readonly arrival: Arrival; readonly options: FetchOptions},
): Promise<FetchedResult> {
  const {file, received} = arrival;
  try {
    const {results, notes} = await putResult(deps, record, {arrival, options});
    const all = [...received.notes, ...incompleteNotes(results), ...notes];
    return {notes: [...all, ...(await deleteRemote(deps, record, {received, results}, options))]};
  } finally {
    await file.discard();
  }
}

function incompleteNotes({incomplete, rows}: StoredResults): string[] {
  if (incomplete === undefined) return [];
  return [
    `${contradictionText(incomplete, rows)}, the same each time: the results are kept as incomplete. To fetch them again, and then send only what has no answer: ${ownCommand('retry')}`,
  ];
}

function contradictionText(incomplete: IncompleteResults, {malformed}: RowCounts): string {
  if (malformed > 0) {
    const lines =
      malformed === 1 ? '1 line that is no result row' : `${malformed} lines that are no result rows`;
    return `The service sends ${lines}`;
  }
  const what = incomplete.contradicts === true ? 'sends others' : 'sends fewer';
  return `The service counts ${incomplete.expected_rows} rows and ${what}`;
}

/** Deletes what the service keeps, unless the results miss rows that are still there to be fetched. */
async function deleteRemote(
  deps: FetchDeps,
  record: JobRecord,
  {received, results}: {readonly received: ReadResult; readonly results: StoredResults},
  {keepsRemote, stop}: FetchOptions,
): Promise<readonly string[]> {
  // What was adopted may be a colleague's, who has not fetched it yet.
  if (keepsRemote || record.adopted_at !== undefined || record.remote_deleted_at !== undefined) return [];
  if (isIncomplete(results)) return ['The service keeps the job and its files.'];
  if (!received.isComplete) {
    return ['Not every request is known to have a row: the service keeps the job and its files.'];
  }
  return deleteRemoteCopies(deps, record, stop);
}
