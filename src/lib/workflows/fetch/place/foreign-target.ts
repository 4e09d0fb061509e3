import {isAbsolute} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {ownCommand} from '../../../domain/program-name.js';
import {shellWord} from '../../../domain/text/shell-word.js';
import type {JobStore} from '../../../store/job-store.js';
import {firstFault} from '../../request-file/first-fault.js';
import {refuseChanged} from '../../request-file/refuse-changed.js';

/**
 * Refuses to write where only a record says so. A job-info file may come from somebody else, and its records can lead out of
 * its folder: results are written there only when a person has named the folder, or when the request file that was submitted
 * stands there, as it was then.
 *
 * @param target - absolute.
 * @param resultsDir - the folder that a person has named; null for none.
 * @throws GembatchError `STORAGE`
 */
export async function refuseForeignTarget(
  record: Pick<JobRecord, 'input_file' | 'sha256' | 'count'>,
  target: string,
  {
    store,
    resultsDir,
  }: {readonly store: Pick<JobStore, 'inputName' | 'resolveInput'>; readonly resultsDir: string | null},
): Promise<void> {
  // The real path, so that a folder which is a link leads nowhere else either.
  if (resultsDir !== null || !isAbsolute(store.inputName(target))) return;
  const {input_file: file} = record;
  try {
    await refuseChanged(store, record);
    const fault = await firstFault(store.resolveInput(file), {name: file, validate: true});
    if (fault !== undefined) throw fault;
  } catch (cause) {
    if (!(cause instanceof GembatchError)) throw cause;
    throw foreignTarget(file, target, cause);
  }
}

/** Says that a place outside of the folder of the job-info file is known from a record alone. */
export function foreignTarget(file: string, target: string, cause?: unknown): GembatchError {
  return new GembatchError(
    'STORAGE',
    `${file}: its results would go to ${target}, outside of the folder of the job-info file, and only the record says so: what was submitted does not stand there. Nothing was written.`,
    {
      cause,
      suggestions: [
        `If the records are yours, name a folder: ${ownCommand(`results ${shellWord(file)} --results-dir FOLDER`)}`,
      ],
    },
  );
}
