/** Why a job is not retried. */
import {GembatchError} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {JobOutcome} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {lostError} from '../../domain/job/lost-results.js';
import type {PricedService} from '../../domain/price/price-list.js';
import {ownCommand} from '../../domain/program-name.js';
import {SERVICE_NAMES, serviceOfJob} from '../../domain/service/service-of.js';
import {alteredError} from '../job-states/result-files.js';

/** What is safe when a retry is refused. */
export const NOTHING_SENT = 'Nothing was sent.';

/** @param service - the one that is asked for; undefined where none is. */
export function otherServiceError(
  {input_file: file, batch: {name: job}}: JobRecord,
  service: PricedService | undefined,
): GembatchError | undefined {
  const there = serviceOfJob(job);
  if (service === undefined || there === service) return undefined;
  return new GembatchError(
    'PROJECT_CHANGED',
    `${file}: its job ${job} is at ${SERVICE_NAMES[there]}, now you ask for ${SERVICE_NAMES[service]}. Nothing was sent.`,
    {
      suggestions: [
        there === 'vertex'
          ? `Retry it there: ${ownCommand(`retry ${file} --vertex --bucket gs://BUCKET`)}`
          : `Retry it there: ${ownCommand(`retry ${file}`)}`,
      ],
    },
  );
}

/** Why only a person may decide that a job is paid for again; undefined where none has to. */
export function doubtOf(record: JobRecord, outcome: JobOutcome): GembatchError | undefined {
  if (outcome === 'lost') return lostError(record);
  if (outcome !== 'not_seen') return undefined;
  return new GembatchError(
    'UNCLEAR',
    `${record.input_file}: ${record.batch.name} is not shown by the service, which does not mean that it failed. Nothing was sent.`,
    {
      suggestions: [
        'Use the API key that the file was submitted with; poll finds the job again.',
        `If you know that the job is gone, retry it with --lost: ${ownCommand('retry --help')}`,
      ],
    },
  );
}

/** A file of one job that cannot be used, as an error of that job: the others are retried all the same. */
export function unusableError({input_file: file}: JobRecord, error: unknown): GembatchError {
  if (error instanceof GembatchError && error.code === 'FILE_MISSING')
    return new GembatchError(error.code, error.message, {
      suggestions: ['Put the request file back as it was sent, and run the same command again.'],
      cause: error,
    });
  if (error instanceof GembatchError) return error;
  const code = fieldOf(error, 'code');
  if (typeof code !== 'string') throw error;
  return new GembatchError(
    'FILE_UNREADABLE',
    `${file}: its request file or its results cannot be read (${code}), so its bad rows are unknown.`,
    {
      suggestions: [`Put the file back, or fetch the results again: ${ownCommand(`results ${file}`)}`],
      cause: error,
    },
  );
}

/** Why the rows of a job cannot be sent again: which of them were answered is not known any more. */
export function unknownRows(record: JobRecord): GembatchError {
  const {code, message, suggestions} = alteredError(record);
  return new GembatchError(code, `${message} It is unclear which rows were answered; nothing was sent.`, {
    suggestions,
  });
}
