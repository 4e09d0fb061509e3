import {PRICES} from '../../../domain/price/prices.js';
import {GembatchError} from '../../../domain/errors.js';
import {DEFAULT_MODEL, modelResourceName} from '../../../domain/service/model-choice.js';
import {SERVICE_LIMITS} from '../../../domain/service/service-of.js';
import {ChecksAhead} from '../check/checks-ahead.js';
import {chooseModel} from './choose-model.js';
import type {RequestFile} from '../collect-inputs.js';
import type {KnownJobs} from '../duplicates/known-jobs.js';
import {firstLook, withFaults} from '../check/first-faults.js';
import type {SubmitDeps, SubmitOptions} from '../submit-run.js';

/** The model of a submission, as far as it was looked up. */
interface FoundModel {
  /** Its resource name, `models/<id>`. */
  readonly model: string;
  /** Whether there is anything to send to it, as far as is known. */
  readonly maySend: boolean;
  /** The checks of files for this model that were begun meanwhile. */
  readonly checks?: ChecksAhead;
}

/** What is asked for a model, and for which files. */
interface LookUp {
  readonly files: readonly RequestFile[];
  readonly known: KnownJobs;
  readonly halt: AbortController;
}

/**
 * The model of a submission, looked up once, and only while there may be a file to send: a short look at all of them comes
 * first, and they are checked whole while the service is asked. What is wrong with them is said when it does not answer at once,
 * and with an error.
 *
 * @throws GembatchError as `chooseModel`.
 */
export async function modelFor(
  deps: Pick<SubmitDeps, 'store' | 'client' | 'clock' | 'report'>,
  options: SubmitOptions,
  {files, known, halt}: LookUp,
): Promise<FoundModel> {
  if (options.knownModel !== undefined) return {model: options.knownModel, maySend: true};
  const asNamed = modelResourceName(options.model ?? DEFAULT_MODEL);
  // A dry run does not look the name up: it needs neither API key nor network.
  if (options.isDryRun) return {model: asNamed, maySend: false};
  const {faults, good} = await firstLook(deps.store, files, {...options, known});
  if (files.length > 0 && faults.length === files.length) return {model: asNamed, maySend: false};
  if (good.length === 0 && isAllKnown(options, files)) return {model: asNamed, maySend: false};
  const service = deps.client.services[0];
  const checks = new ChecksAhead(good, {
    validate: options.isValidated,
    allowed: options.allowed,
    model: asNamed,
    service,
    maxBytes: SERVICE_LIMITS[service].maxFileBytes,
    signal: halt.signal,
  });
  // An answer is always waited for; the next try is not when there is nothing to send.
  const nothingToSend = new AbortController();
  let hasFailedOnce = false;
  const areAllBad = (): boolean => good.length > 0 && faults.length + checks.faults.length === files.length;
  const endWaiting = (): void => {
    if (hasFailedOnce && areAllBad()) nothingToSend.abort();
  };
  void checks.isOver.then(endWaiting);
  const tell = tellFaults(deps.report, () => [...faults, ...checks.faults]);
  try {
    const stop = AbortSignal.any([halt.signal, nothingToSend.signal]);
    const model = await chooseModel(deps.client, {
      model: options.model,
      ...(options.consentToModel === undefined ? {} : {consent: options.consentToModel}),
      prices: options.prices ?? PRICES,
      nowMs: deps.clock.now(),
      stop,
      onWait: (wait) => {
        hasFailedOnce = true;
        tell(wait);
        endWaiting();
      },
    });
    checks.end();
    return {model, maySend: true, ...(model === asNamed ? {checks} : {})};
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    const found = await checks.finish();
    if (error.code === 'INTERRUPTED' && !halt.signal.aborted && areAllBad())
      return {model: asNamed, maySend: false, checks};
    throw withFaults(error, [...faults, ...found]);
  }
}

/** Whether files with a job stay as they are, so that the default model need not exist any more. */
function isAllKnown({model, ifChanged, isForced}: SubmitOptions, files: readonly RequestFile[]): boolean {
  const isRetry = files.some(({retryOf}) => retryOf !== undefined);
  return files.length > 0 && model === undefined && ifChanged !== 'submit' && !isForced && !isRetry;
}

/** Reports what is wrong with the files, each once, and then why the run waits for the service. */
function tellFaults(
  report: SubmitDeps['report'],
  faults: () => readonly GembatchError[],
): (wait: {reason: string; delayMs: number}) => void {
  const told = new Set<GembatchError>();
  return ({reason, delayMs}) => {
    const news = faults().filter((fault) => !told.has(fault));
    for (const fault of news) {
      told.add(fault);
      report({type: 'status', message: fault.message});
    }
    report({
      type: 'status',
      message: `${reason.replace(/\.$/u, '')}. Retrying in ${Math.ceil(delayMs / 1000)} s.`,
    });
  };
}
