import {GembatchError} from '../domain/errors.js';
import type {SubmitDeps} from './submit-run.js';

/** How long the deletion may take, in milliseconds; the service deletes the file by itself after 48 hours. */
const PATIENCE_MS = 15_000;

/**
 * Deletes an uploaded request file that no batch job needs.
 *
 * @returns what a person should know when it could not be deleted; undefined when it is gone.
 */
export async function discardUpload(
  {client, clock}: Pick<SubmitDeps, 'client' | 'clock'>,
  uploadedFileName: string,
): Promise<string | undefined> {
  const patience = new AbortController();
  const finished = new AbortController();
  void clock.sleep(PATIENCE_MS, finished.signal).then(() => patience.abort());
  try {
    await client.deleteFile(uploadedFileName, {signal: patience.signal});
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return `The uploaded file ${uploadedFileName} could not be deleted (${error.message}); the service deletes it after 48 hours.`;
  } finally {
    finished.abort();
  }
}
