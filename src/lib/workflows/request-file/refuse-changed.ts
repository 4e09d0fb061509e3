import {GembatchError} from '../../domain/errors.js';
import {parseJobDisplayName} from '../../domain/job/display-name.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {shellWord} from '../../domain/text/shell-word.js';
import {inspectFile} from './inspect-file.js';
import {ownCommand} from '../../domain/program-name.js';

/** What the display name of a job has of the fingerprint of its request file: of one that was adopted it may be all that is known. */
export function sentFingerprint(batch: JobRecord['batch'] | undefined): string | undefined {
  return parseJobDisplayName(batch?.display_name ?? '')?.fingerprintHead;
}

/**
 * Makes sure that the request file of a job is the one that was sent. Rows are matched to requests by key, and another
 * file under the same name must not stand in for it. Without a fingerprint to compare, the number of requests tells.
 *
 * @param unharmed - what the caller would have done otherwise, for the message.
 * @throws GembatchError `FILE_CHANGED` when it is not, `FILE_*` when it cannot be read.
 */
export async function refuseChanged(
  store: Pick<JobStore, 'resolveInput'>,
  {
    input_file: file,
    sha256,
    count,
    batch,
  }: Pick<JobRecord, 'input_file' | 'sha256' | 'count'> & Partial<Pick<JobRecord, 'batch'>>,
  unharmed?: string,
): Promise<void> {
  const found = await inspectFile(store.resolveInput(file), {validate: false, name: file});
  const fingerprint = sha256 ?? sentFingerprint(batch);
  const isSame =
    fingerprint === undefined
      ? count === null || count === found.count
      : found.sha256.startsWith(fingerprint);
  if (isSame) return;
  throw changedError(file, unharmed);
}

/** Says that a request file is not the one that was sent. */
export function changedError(file: string, unharmed?: string): GembatchError {
  const text = `${file} has changed since it was submitted, so its answers no longer match it.`;
  return new GembatchError('FILE_CHANGED', unharmed === undefined ? text : `${text} ${unharmed}`, {
    suggestions: [
      `Put the old content back, or submit the new one: ${ownCommand(`submit --if-changed submit ${shellWord(file)}`)}`,
    ],
  });
}
