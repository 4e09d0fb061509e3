import type {Intent} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {collectRequestFiles} from '../submit/collect-inputs.js';

/**
 * The creates of the named request files whose outcome is unknown, and that the user may declare failed:
 * the way out where the service cannot tell, as with the API key of another project. What the service does have is found
 * all the same, and adopted.
 *
 * @param names - paths and glob patterns, as `submit` takes them.
 */
export async function openCreatesOf(
  store: JobStore,
  names: readonly string[],
  cwd: string,
): Promise<readonly Intent[]> {
  const inputs = await collectRequestFiles(names, store, cwd);
  const named = new Set(inputs.map(({inputFile}) => inputFile));
  return store.read().openIntents.filter(({input_file: file}) => named.has(file));
}
