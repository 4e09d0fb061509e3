import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {inspectFile} from './inspect-file.js';
import {ownCommand} from '../../domain/program-name.js';

/**
 * Makes sure that the request file of a job is the one that was sent. Rows are matched to requests by key, and another
 * file under the same name must not stand in for it. Without a fingerprint to compare, the number of requests tells.
 *
 * @throws GembatchError `FILE_CHANGED` when it is not, `FILE_*` when it cannot be read.
 */
export async function refuseChanged(
  store: Pick<JobStore, 'resolveInput'>,
  {input_file: file, sha256, count}: Pick<JobRecord, 'input_file' | 'sha256' | 'count'>,
): Promise<void> {
  const found = await inspectFile(store.resolveInput(file), {validate: false, name: file});
  const isSame = sha256 === undefined ? count === null || count === found.count : sha256 === found.sha256;
  if (isSame) return;
  throw new GembatchError(
    'FILE_CHANGED',
    `${file} has changed since it was submitted, so its answers no longer match it. Nothing was sent or written.`,
    {
      suggestions: [
        `Restore the file, or submit the changed one anew: ${ownCommand(`submit --force ${file}`)}`,
      ],
    },
  );
}
