import type {JobRecord} from './job-record.js';

/**
 * Jobs in the order in which they were created: as they were recorded, but for those that the service says it created
 * earlier, such as one that was adopted later. The clocks of two services are not compared: that of an emulator may be anywhere.
 *
 * @param records - in the order of the job-info file.
 */
export function inOrderOfCreation(records: readonly JobRecord[]): readonly JobRecord[] {
  const ordered: JobRecord[] = [];
  for (const record of records) {
    let at = ordered.length;
    for (let before = ordered[at - 1]; before && isOlder(record, before); before = ordered[at - 1]) at -= 1;
    ordered.splice(at, 0, record);
  }
  return ordered;
}

function isOlder(record: JobRecord, other: JobRecord): boolean {
  return record.service_url === other.service_url && createdMs(record) < createdMs(other);
}

/** NaN when it is not known. */
function createdMs({batch, submitted_at: submittedAt}: JobRecord): number {
  return Date.parse(batch.create_time ?? submittedAt ?? '');
}
