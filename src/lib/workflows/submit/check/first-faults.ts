import pMap from 'p-map';
import {GembatchError} from '../../../domain/errors.js';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import {firstFault} from '../../request-file/first-fault.js';
import type {RequestFile} from '../collect-inputs.js';
import {KnownJobs} from '../duplicates/known-jobs.js';
import type {JobStore} from '../../../store/job-store.js';
import {withPreparation} from './with-preparation.js';
import type {SubmitOptions} from '../submit-run.js';

const CONCURRENT_LOOKS = 16;
/** How many faults are said beside the one that ends the run. */
const MAX_FAULTS = 20;

/** What a look at request files goes by. */
interface LookOptions extends Pick<SubmitOptions, 'allowed' | 'isForced' | 'isValidated'> {
  /** The recorded jobs, when they are read already. */
  readonly known?: KnownJobs;
  /** Of the service, as records have it. */
  readonly address?: string | undefined;
}

/** What a short look at request files finds. */
interface FirstLook {
  /** What is wrong, in the order of the files. */
  readonly faults: readonly GembatchError[];
  /** The files without a batch job of which it finds nothing wrong. */
  readonly good: readonly RequestFile[];
}

/** Looks at the files that are neither recorded nor the store's own. */
export async function firstLook(
  store: Pick<JobStore, 'inputName' | 'isOwnFile' | 'read' | 'resolveInput'>,
  files: readonly RequestFile[],
  {address, known = new KnownJobs(store.read(), store, address), ...options}: LookOptions,
): Promise<FirstLook> {
  const {allowed, isForced, isValidated: validate} = options;
  const isNew = ({path, inputFile}: RequestFile): boolean =>
    !store.isOwnFile(path) &&
    !known.isResultFile(inputFile) &&
    (isForced || known.ofInputFile(inputFile) === undefined);
  const good: RequestFile[] = [];
  const look = async (file: RequestFile): Promise<GembatchError | undefined> => {
    const {path, name, problem} = file;
    // Objects in a bucket are not read before their turn.
    if (problem !== undefined || isCloudAddress(path) || !isNew(file)) return problem;
    // What only some models refuse is no fault as long as the model is not known.
    const fault = await firstFault(path, {name, allowed, validate});
    if (fault !== undefined) return withPreparation(fault, file);
    good.push(file);
    return undefined;
  };
  const faults = await pMap(files, look, {concurrency: CONCURRENT_LOOKS});
  return {faults: faults.filter((fault) => fault !== undefined), good};
}

/** An error that ends a run before its first file, with what is wrong besides. */
export function withFaults(error: GembatchError, faults: readonly GembatchError[]): GembatchError {
  if (faults.length === 0) return error;
  const more = faults.length - MAX_FAULTS;
  const {code, message, suggestions, details} = error;
  return new GembatchError(code, message, {
    suggestions: [
      ...suggestions,
      ...faults.slice(0, MAX_FAULTS).map((fault) => `Also wrong: ${fault.message}`),
      ...(more > 0 ? [`Also wrong: ${more} more files.`] : []),
    ],
    details,
    cause: error.cause,
  });
}
