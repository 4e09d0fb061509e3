import type {SubmitDeps} from './submit-run.js';
import {tryCall} from './try-call.js';

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
  if (error === undefined) return undefined;
  return `The uploaded file ${uploadedFileName} could not be deleted (${error.message}); the service deletes it after 48 hours.`;
}
