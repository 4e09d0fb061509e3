import {GembatchError} from '../errors.js';
import {ownCommand} from '../program-name.js';

/** https://ai.google.dev/api/batch-api#v1beta.GenerateContentBatch, `batches/{batchId}`. */
const BATCH_NAME = /^batches\/(?!\.+$)[\w.~-]+$/u;

/** Whether a name may be that of a batch job; those of Vertex AI begin with their project. */
export function isJobName(name: string): boolean {
  return BATCH_NAME.test(name) || name.startsWith('projects/');
}

/**
 * Returns the name of a batch job as it is; it becomes a part of an address, so that only a name of the service's form is.
 *
 * @throws GembatchError REFUSED, which concerns that one job.
 */
export function checkedBatchName(name: string): string {
  if (BATCH_NAME.test(name)) return name;
  throw new GembatchError(
    'REFUSED',
    `${JSON.stringify(name)} is not the name of a batch job (batches/ID); the service was not asked for it.`,
    {
      suggestions: [
        `Correct the name in the job-info file; ${ownCommand('adopt')} finds the job at the service by its request file.`,
      ],
    },
  );
}
