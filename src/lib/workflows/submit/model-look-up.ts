import {GembatchError} from '../../domain/errors.js';
import {DEFAULT_MODEL, modelResourceName} from '../../domain/job/model-choice.js';
import {chooseModel} from './choose-model.js';
import type {RequestFile} from './collect-inputs.js';
import type {KnownJobs} from './duplicates/known-jobs.js';
import {firstFaults, withFaults} from './first-faults.js';
import type {SubmitDeps, SubmitOptions} from './submit-run.js';

/** The model of a submission. */
interface FoundModel {
  /** Its resource name, `models/<id>`. */
  readonly model: string;
  /** Whether there is anything to send to it, as far as a short look tells. */
  readonly maySend: boolean;
}

/**
 * The model of a submission, looked up once, and only when a short look at the files has found one that may be sent. What
 * the look has found is said when the service does not answer at once, and with an error.
 *
 * @throws GembatchError as `chooseModel`.
 */
export async function modelFor(
  {store, client, report}: Pick<SubmitDeps, 'store' | 'client' | 'report'>,
  options: SubmitOptions,
  {files, known, halt}: {files: readonly RequestFile[]; known: KnownJobs; halt: AbortController},
): Promise<FoundModel> {
  if (options.knownModel !== undefined) return {model: options.knownModel, maySend: true};
  const asNamed = modelResourceName(options.model ?? DEFAULT_MODEL);
  // A dry run takes the name as it is: it needs neither API key nor network.
  if (options.isDryRun) return {model: asNamed, maySend: false};
  const faults = await firstFaults(store, files, {...options, known});
  if (files.length > 0 && faults.length === files.length) return {model: asNamed, maySend: false};
  let isTold = false;
  const onWait = ({reason, delayMs}: {reason: string; delayMs: number}): void => {
    if (!isTold) for (const {message} of faults) report({type: 'status', message});
    isTold = true;
    report({
      type: 'status',
      message: `${reason.replace(/\.$/u, '')}. Retrying in ${Math.ceil(delayMs / 1000)} s.`,
    });
  };
  try {
    const model = await chooseModel(client, {
      model: options.model,
      ...(options.consentToModel === undefined ? {} : {consent: options.consentToModel}),
      stop: halt.signal,
      onWait,
    });
    return {model, maySend: true};
  } catch (error) {
    throw error instanceof GembatchError ? withFaults(error, faults) : error;
  }
}
