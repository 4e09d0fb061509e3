import {leftUpload} from '../../domain/job/left-upload.js';
import type {SubmitDeps} from './submit-run.js';
import {tryCall} from '../reconcile/try-call.js';

/**
 * Deletes an uploaded request file that no batch job needs. It is tried also when the run is to end.
 *
 * @returns what a person should know when it could not be deleted; undefined when it is gone.
 */
export async function discardUpload(
  {client, clock}: Pick<SubmitDeps, 'client' | 'clock'>,
  uploadedFileName: string,
): Promise<string | undefined> {
  const never = new AbortController().signal;
  const error = await tryCall({clock, stop: never}, (options) =>
    client.deleteFile(uploadedFileName, options),
  );
  return error === undefined ? undefined : leftUpload(uploadedFileName, error);
}
