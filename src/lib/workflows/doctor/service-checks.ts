import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {isTerminal} from '../../domain/job/job-state.js';
import {
  DEFAULT_MODEL,
  modelLabel,
  modelResourceName,
  successorOfDefault,
} from '../../domain/service/model-choice.js';
import {ownCommand} from '../../domain/program-name.js';
import type {BatchService, CallOptions, Model} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {failedBy} from './local-checks.js';
import {failed, ok, skipped, warning, type SetupCheck} from './setup-check.js';

/** How long the service may take for one check. */
const ANSWER_MS = 10_000;
/** A clock this far off misleads waits and dates. */
const CLOCK_MS = 60_000;
/** https://ai.google.dev/gemini-api/docs/files, and https://ai.google.dev/gemini-api/docs/rate-limits for jobs. */
const STORAGE_BYTES = 20 * (1 << 30);
const OPEN_JOBS = 100;

export interface ServiceChecksInput {
  readonly client: BatchService;
  readonly clock: Clock;
  readonly store: JobStore;
  /** As a person wrote it. */
  readonly model: string;
  readonly address: string;
  readonly keyVariable: string;
  readonly stop: AbortSignal;
}

/** What only the service can say, in the order of the list. No check takes much longer than ten seconds. */
export async function checkService(input: ServiceChecksInput): Promise<readonly SetupCheck[]> {
  const {client, clock, address, keyVariable} = input;
  const startMs = clock.monotonic();
  const models = await answered(input, (calls) => client.listModels(calls));
  if (models instanceof GembatchError) return unreachable(models, input);
  const ms = Math.round(clock.monotonic() - startMs);
  const rest = await Promise.all([checkProject(input), checkStorage(input), checkOpenJobs(input)]);
  const [project, storage, openJobs] = rest;
  return [
    checkTime(`${address} answers in ${ms} ms`, input),
    project.status === 'ok' ? ok('API key', `${keyVariable}, accepted${project.detail}`) : project,
    checkModel(input.model, models),
    storage,
    openJobs,
  ];
}

function unreachable(
  error: GembatchError,
  {keyVariable, address}: ServiceChecksInput,
): readonly SetupCheck[] {
  const isKey = error.code === 'KEY_REFUSED';
  const left = ['Model', 'Storage', 'Open jobs'].map((name) => skipped(name, 'the service did not say'));
  return isKey
    ? [ok('Service', `${address} answers`), failedBy('API key', error), ...left]
    : [
        failedBy('Service', error),
        skipped('API key', `${keyVariable} is set; the service did not say whether it is right`),
        ...left,
      ];
}

function checkTime(detail: string, {client, clock}: ServiceChecksInput): SetupCheck {
  const offMs = clock.now() - (client.serviceTime() ?? clock.now());
  if (Math.abs(offMs) < CLOCK_MS) return ok('Service', detail);
  const off = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ahead of' : 'behind'} the service`;
  return warning('Service', `${detail}, but the clock here is ${off}`, 'Set the clock of this machine.');
}

/** Whether the API key shows the newest job that is recorded here: that of another project does not. */
async function checkProject(input: ServiceChecksInput): Promise<SetupCheck> {
  const newest = newestOpenJob(input.store);
  if (newest === undefined) return ok('API key', '');
  const job = await answered(input, (calls) => input.client.getBatch(newest, calls));
  if (!(job instanceof GembatchError)) return ok('API key', ', and it shows the jobs that are recorded here');
  if (job.code !== 'NOT_FOUND') return failedBy('API key', job);
  return warning(
    'API key',
    `${input.keyVariable}, accepted, but it does not show ${newest}, which is recorded here`,
    'It may belong to another project: use the API key that the jobs were submitted with.',
  );
}

function newestOpenJob(store: JobStore): string | undefined {
  try {
    return store.read().records.findLast(({record}) => !isTerminal(record.batch.state))?.record.batch.name;
  } catch {
    // The check of the job-info file says so.
    return undefined;
  }
}

function checkModel(model: string, models: readonly Model[]): SetupCheck {
  const found = models.find(({name}) => name === modelResourceName(model));
  const label = modelLabel(modelResourceName(model));
  if (found?.isBatchable === true) return ok('Model', `${label} takes batch jobs`);
  const what = found === undefined ? 'the service does not have it' : 'it takes no batch jobs';
  return failed('Model', `${label}: ${what}`, {
    code: 'MODEL_UNAVAILABLE',
    next: otherModel(label, models),
  });
}

/** Advice for a model that cannot be used; in place of the default one, the model that `submit` would offer. */
function otherModel(label: string, models: readonly Model[]): string {
  const names = models.flatMap(({name, isBatchable}) => (isBatchable ? [name] : []));
  const successor = label === DEFAULT_MODEL ? successorOfDefault(names) : undefined;
  return successor === undefined
    ? `Choose another: ${ownCommand('models')}`
    : `Name another when you submit: --model ${modelLabel(successor)}. To make it your default: ${ownCommand('init')}`;
}

async function checkStorage(input: ServiceChecksInput): Promise<SetupCheck> {
  const name = 'Storage';
  const sum = await answered(input, async (calls) => {
    let [files, bytes] = [0, 0];
    for await (const page of input.client.listFiles(calls))
      for (const {sizeBytes = 0} of page) [files, bytes] = [files + 1, bytes + sizeBytes];
    return {files, bytes};
  });
  if (sum instanceof GembatchError) return failedBy(name, sum);
  const sizeGib = (sum.bytes / (1 << 30)).toFixed(2);
  if (isVertex(input)) return ok(name, `${sizeGib} GiB in ${sum.files} request files of the bucket`);
  const detail = `${sizeGib} of 20 GiB in ${sum.files} uploaded file${sum.files === 1 ? '' : 's'}`;
  if (sum.bytes < STORAGE_BYTES * 0.9) return ok(name, detail);
  return warning(name, detail, `Delete what you no longer need: ${ownCommand('cleanup')}`);
}

async function checkOpenJobs(input: ServiceChecksInput): Promise<SetupCheck> {
  const name = 'Open jobs';
  const open = await answered(input, async (calls) => {
    let count = 0;
    for await (const page of input.client.listBatches(calls))
      count += page.filter(({state}) => !isTerminal(state)).length;
    return count;
  });
  if (open instanceof GembatchError) return failedBy(name, open);
  if (isVertex(input)) return ok(name, `${open}; Vertex AI has no limit of its own`);
  const detail = `${open} of about ${OPEN_JOBS} that a project may have`;
  if (open < OPEN_JOBS) return ok(name, detail);
  return warning(name, detail, `Wait for some to end: ${ownCommand('poll')}`);
}

function isVertex({client}: ServiceChecksInput): boolean {
  return client.services[0] === 'vertex';
}

/** What a call gives, or the error that it ended with; no answer in ten seconds is one. */
async function answered<T>(
  {stop}: ServiceChecksInput,
  call: (options: CallOptions) => Promise<T>,
): Promise<T | GembatchError> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  let reason = '';
  try {
    return await call({signal: AbortSignal.any([stop, limit]), onWait: (wait) => (reason = wait.reason)});
  } catch (error) {
    if (!(error instanceof GembatchError) || stop.aborted) throw error;
    if (error.code !== 'INTERRUPTED') return error;
    const why = reason === '' ? '' : `: ${reason}`;
    return new GembatchError('SERVICE', `No answer in ${ANSWER_MS / 1000} s${why}`, {
      suggestions: ['Check the network, and the proxy if there is one.'],
    });
  }
}
