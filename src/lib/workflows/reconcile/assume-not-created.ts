import type {JobStore} from '../../store/job-store.js';
import {collectRequestFiles} from '../submit/collect-inputs.js';

/**
 * The named request files with a create of which nobody knows what came of it, and that a person may take for failed: the
 * way out where the service cannot tell, as with the API key of another project. What the service does have is found all
 * the same, and adopted.
 *
 * @param names - paths and glob patterns, as `submit` takes them.
 * @returns the `input_file` of each.
 */
export async function filesWithOpenCreates(
  store: JobStore,
  names: readonly string[],
  cwd: string,
): Promise<ReadonlySet<string>> {
  const open = new Set(store.read().openIntents.map(({input_file: file}) => file));
  const inputs = await collectRequestFiles(names, store, cwd);
  return new Set(inputs.map(({path}) => store.inputName(path)).filter((file) => open.has(file)));
}
