/**
 * Decides what becomes of a request file that has a batch job already: the same work is skipped, and what has changed
 * since, its content or the model that is named, is not taken for it.
 */
import {itemError} from '../../../domain/item-error.js';
import {GembatchError} from '../../../domain/errors.js';
import {jobOutcome, type JobOutcome} from '../../../domain/job/job-progress.js';
import {lostError} from '../../../domain/job/lost-results.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {SERVICE_NAMES, serviceOfJob} from '../../../domain/service/service-of.js';
import type {PricedService} from '../../../domain/price/price-list.js';
import {isServedAs, modelLabel, modelResourceName} from '../../../domain/service/model-choice.js';
import {ownCommand} from '../../../domain/program-name.js';
import {type OutcomeDraft} from '../file-outcome.js';
import type {FileOutcome} from '../submit-report.js';
import type {RequestFile} from '../collect-inputs.js';
import type {SubmitOptions} from '../submit-run.js';

/** The batch job of a record, as an outcome spells it. */
export function jobOf({batch}: JobRecord): NonNullable<FileOutcome['job']> {
  return {
    name: batch.name,
    ...(batch.display_name === undefined ? {} : {display_name: batch.display_name}),
    state: batch.state,
  };
}

/** The job of a file, and whether it is of another project than the API key. */
interface KnownWork {
  readonly record: JobRecord;
  readonly isElsewhere: boolean;
  /** Why it is not the same work, when its results are still to come from another service. */
  readonly serviceError: GembatchError | undefined;
}

/** What is said of a file whose job is at another service than the one that is asked for. */
export function otherServiceError(
  {name}: RequestFile,
  {batch}: JobRecord,
  service: PricedService,
): GembatchError | undefined {
  const there = serviceOfJob(batch.name);
  if (there === service) return undefined;
  return new GembatchError(
    'PROJECT_CHANGED',
    `${name} was submitted to ${SERVICE_NAMES[there]} as ${batch.name}, now you ask for ${SERVICE_NAMES[service]}. Nothing was sent.`,
    {
      suggestions: [
        there === 'vertex' ? 'Follow that job: add --vertex' : 'Follow that job: leave out --vertex',
        ...howToGoOn(`Submit it to ${SERVICE_NAMES[service]} too`),
      ],
    },
  );
}

/**
 * What becomes of a file whose path has a job.
 *
 * @param isChanged - whether its content is another than was submitted; null when unclear.
 * @returns undefined when it is to be submitted as new work.
 */
export function outcomeOfKnownFile(
  options: SubmitOptions,
  file: RequestFile,
  {record, isChanged, isElsewhere, serviceError}: KnownWork & {readonly isChanged: boolean | null},
): OutcomeDraft | undefined {
  const error =
    isChanged === true ? contentError(file, record) : (modelError(options, file, record) ?? serviceError);
  const known = {reason: 'same_file', job: jobOf(record), changed: isChanged} as const;
  if (error === undefined && isElsewhere) return ofOtherProject(options, file, {record, draft: known});
  if (error === undefined) return {...known, outcome: 'skipped', ...endOf(file.name, record)};
  switch (options.ifChanged) {
    case 'submit':
      return undefined;
    case 'skip':
      return {...known, outcome: 'skipped'};
    case 'fail':
      return {...known, outcome: 'changed', error: itemError(error)};
  }
}

/** What becomes of a file whose content has a job under another name. */
export function outcomeOfKnownContent(
  options: SubmitOptions,
  file: RequestFile,
  {record, isElsewhere, serviceError}: KnownWork,
): OutcomeDraft | undefined {
  const known = {reason: 'same_content', same_as: record.input_file, job: jobOf(record)} as const;
  if (serviceError !== undefined && options.ifChanged === 'submit') return undefined;
  if (serviceError !== undefined && options.ifChanged === 'fail')
    return {...known, outcome: 'changed', error: itemError(serviceError)};
  if (isElsewhere) return ofOtherProject(options, file, {record, draft: known});
  return {...known, outcome: 'skipped', ...endOf(file.name, record)};
}

/** Not even `--if-changed submit` pays for what is only not seen. */
function ofOtherProject(
  {ifChanged}: SubmitOptions,
  {name}: RequestFile,
  {record: {batch}, draft}: {readonly record: JobRecord; readonly draft: Omit<OutcomeDraft, 'outcome'>},
): OutcomeDraft {
  if (ifChanged === 'skip') return {...draft, outcome: 'skipped'};
  const error = new GembatchError(
    'PROJECT_CHANGED',
    `${name} was submitted as ${batch.name}, and the service shows this API key none of the recorded jobs, so it seems to be of another project. Nothing was sent.`,
    {
      suggestions: [
        'Use an API key of the project that the file was submitted to.',
        'Keep the batch job that there is: --if-changed skip',
      ],
    },
  );
  return {...draft, outcome: 'changed', error: itemError(error)};
}

const END_WORDS: ReadonlyMap<JobOutcome, string> = new Map([
  ['failed', 'failed'],
  ['cancelled', 'was cancelled'],
]);

/** Why the work of a job is not done and will not be; empty when it is, or may still be. */
function endOf(name: string, record: JobRecord): Pick<OutcomeDraft, 'error'> {
  const {batch, input_file: file} = record;
  const outcome = jobOutcome(record);
  if (['done', 'bad_rows', 'altered', 'running'].includes(outcome)) return {};
  if (outcome === 'not_seen') {
    const unseen = `${name}: the service does not show its batch job ${batch.name}; whether it runs is not known, and nothing was sent.`;
    return {error: itemError(new GembatchError('UNCLEAR', unseen, {suggestions: [ownCommand('poll')]}))};
  }
  if (outcome === 'lost') return {error: itemError(lostError(record))};
  const words = END_WORDS.get(outcome) ?? outcome;
  const why = batch.error === undefined ? '' : `: ${batch.error.message.replace(/[.\s]+$/u, '')}`;
  const error = new GembatchError('JOB_ENDED', `${name}: its batch job ${batch.name} ${words}${why}.`, {
    suggestions: [`To submit it again: ${ownCommand(`retry ${file}`)}`],
  });
  return {error: itemError(error)};
}

function contentError({name}: RequestFile, {batch}: JobRecord): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${name} has changed since it was submitted as ${batch.name}. The new content was not sent.`,
    {suggestions: howToGoOn('Submit the new content too')},
  );
}

function modelError(
  {model}: SubmitOptions,
  {name}: RequestFile,
  {batch, requested_model: requested}: JobRecord,
): GembatchError | undefined {
  if (model === undefined || batch.model === undefined) return undefined;
  const wanted = modelResourceName(model);
  const isSame =
    wanted === batch.model ||
    (requested === undefined ? isServedAs(wanted, batch.model) : wanted === requested);
  if (isSame) return undefined;
  return new GembatchError(
    'MODEL_CHANGED',
    `${name} was submitted to ${modelLabel(requested ?? batch.model)} as ${batch.name}, now you ask for ${modelLabel(wanted)}. Nothing was sent.`,
    {suggestions: howToGoOn(`Submit it to ${modelLabel(wanted)} too`)},
  );
}

function howToGoOn(again: string): readonly string[] {
  return [`${again}: --if-changed submit`, 'Keep the batch job that there is: --if-changed skip'];
}
