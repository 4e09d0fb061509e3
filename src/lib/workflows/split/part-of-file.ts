import {basename, dirname, extname, join} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import type {PartOf} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {PARTS_FOLDER, partPath, readPlan} from './part-plan.js';

/**
 * Of which request file another one is a part, as its name and the plan beside it say.
 *
 * @returns undefined for what is no part, or where the plan is gone or of another split.
 */
export async function partOfFile(
  store: Pick<JobStore, 'inputName' | 'resolveInput'>,
  inputFile: string,
): Promise<PartOf | undefined> {
  const path = store.resolveInput(inputFile);
  const extension = extname(path);
  const named = /^(?<name>.+)\.(?<index>\d+)-of-(?<of>\d+)$/u.exec(basename(path, extension))?.groups;
  if (named === undefined || basename(dirname(path)) !== PARTS_FOLDER) return undefined;
  const whole = join(dirname(dirname(path)), `${named['name'] ?? ''}${extension}`);
  const [index, of] = [Number(named['index']), Number(named['of'])];
  const plan = await readPlan(whole).catch((error: unknown) => {
    if (error instanceof GembatchError) return undefined;
    throw error;
  });
  const part = plan?.parts[index - 1];
  if (plan?.parts.length !== of || part === undefined || partPath(whole, index, of) !== path)
    return undefined;
  return {
    input_file: store.inputName(whole),
    sha256: plan.sha256,
    index,
    of,
    first_line: part.first_line,
  };
}
