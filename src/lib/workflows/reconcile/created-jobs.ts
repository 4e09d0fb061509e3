import type {BatchJob} from '../../domain/job/batch-job.js';
import {parseJobDisplayName} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {isServedAs} from '../../domain/service/model-choice.js';
import {serviceOfFile} from '../../domain/service/service-of.js';
import {awaitsService} from '../../domain/job/job-progress.js';
import type {Intent} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';
import type {Session} from '../../store/job-store.js';
import {ownCommand} from '../../domain/program-name.js';

/**
 * Whether a job is what came of a create: its display name and its input file say so, or one of them does and the
 * service left the other out. A job that agrees in one and differs in the other proves nothing. An object that was in a bucket
 * may be the input of anybody's jobs, so that there only the display name counts.
 */
export function answersTo(
  intent: Intent,
  {display_name: displayName = '', model, src}: BatchJob,
): 'yes' | 'no' | 'unclear' {
  const isSameName = displayName === intent.display_name;
  const isSameFile = src?.file_name === intent.uploaded_file_name;
  if (!isSameName && !isSameFile) return 'no';
  if (isSameName) return isSameFile || src === undefined ? 'yes' : 'unclear';
  if (isCloudAddress(intent.input_file)) return displayName === '' ? 'unclear' : 'no';
  // On Vertex AI files of equal content share their upload, whatever model they are for.
  if (serviceOfFile(intent.uploaded_file_name) === 'vertex' && !isServedAs(intent.model, model)) return 'no';
  // One upload may have had several creates, each with an attempt of its own: the work is the same.
  const {fingerprintHead} = parseJobDisplayName(displayName) ?? {};
  const isSameWork = fingerprintHead !== undefined && intent.sha256.startsWith(fingerprintHead);
  return displayName === '' || isSameWork ? 'yes' : 'unclear';
}

/** What the service's list says about creates. */
export interface CreatedJobs {
  /** Jobs that answer to a create, by its attempt. */
  readonly found: ReadonlyMap<string, readonly BatchJob[]>;
  /** Jobs that answer to it in part only. */
  readonly contradicting: ReadonlyMap<string, readonly BatchJob[]>;
  /** Why the list does not prove that what it lacks does not exist. */
  readonly doubt?: GembatchError;
}

/** Reads the service's list until all are found, or to its end; an error when it cannot be read so far. */
export async function listCreatedJobs(
  client: BatchService,
  session: Session,
  {intents, stop}: {readonly intents: readonly Intent[]; readonly stop: AbortSignal},
): Promise<CreatedJobs | GembatchError> {
  const byName = new Map(intents.map((intent) => [intent.display_name, intent]));
  const byFile = new Map(intents.map((intent) => [intent.uploaded_file_name, intent]));
  const unseen = new Set(runningJobs(session));
  const runningCount = unseen.size;
  const found = new Map<string, BatchJob[]>();
  const contradicting = new Map<string, BatchJob[]>();
  try {
    const attempts = intents.map(({attempt}) => attempt);
    for await (const page of client.listBatches({signal: stop, attempts})) {
      for (const batch of page) {
        unseen.delete(batch.name);
        const intent = byName.get(batch.display_name ?? '') ?? byFile.get(batch.src?.file_name ?? '');
        const answer = intent === undefined ? 'no' : answersTo(intent, batch);
        if (intent === undefined || answer === 'no') continue;
        const jobs = answer === 'yes' ? found : contradicting;
        jobs.set(intent.attempt, [...(jobs.get(intent.attempt) ?? []), batch]);
      }
    }
  } catch (error) {
    if (error instanceof GembatchError) return error;
    throw error;
  }
  const isDoubtful = runningCount > 0 && unseen.size === runningCount && found.size === 0;
  return {found, contradicting, ...(isDoubtful ? {doubt: doubtfulListError(runningCount)} : {})};
}

/** Jobs that the service must have in its list: those that were not over when it was asked last. */
function runningJobs(session: Session): readonly string[] {
  return session.snapshot().records.flatMap(({record}) => (awaitsService(record) ? [record.batch.name] : []));
}

/** An empty list, or that of another project, does not prove that a job does not exist. */
function doubtfulListError(runningCount: number): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `The service's list of batch jobs has none of the ${runningCount} recorded ones that run, so it does not prove that a create had no effect.`,
    {
      suggestions: [
        `Check that the API key belongs to the project of these jobs; then run "${ownCommand('poll')}", which asks for each job by name, and this command again.`,
      ],
    },
  );
}

/**
 * Why it is unclear whether a create had no effect, although the list lacks its job: the list may be that of another
 * project, and only the upload that the create names tells one project from another; on Vertex AI, the location that it was sent to.
 *
 * @returns undefined when the upload is visible, so that the list is that of the right project.
 */
export async function doubtOfProject(
  client: BatchService,
  intent: Intent,
  stop: AbortSignal,
): Promise<GembatchError | undefined> {
  const {input_file: file, uploaded_file_name: upload, service_location: location} = intent;
  // A bucket can be seen from every project and location.
  if (location !== undefined && location !== client.location) return doubtOfLocation(file, location);
  try {
    await client.getFile(upload, {signal: stop});
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    if (error.code !== 'NOT_FOUND' && error.code !== 'REFUSED') return error;
    if (serviceOfFile(upload) === 'vertex') return doubtOfBucket(file, upload);
    return new GembatchError(
      'UNCLEAR',
      `${file}: this API key sees neither its batch job nor its upload ${upload}, so it is unclear whether the job exists. The API key may belong to another project; uploads are kept for 48 hours.`,
      {
        suggestions: [
          'Use the API key that the file was submitted with, and run the same command again.',
          `If you are sure that no job was made, submit it again: ${ownCommand(`submit --assume-not-created ${file}`)}`,
        ],
      },
    );
  }
}

function doubtOfLocation(file: string, location: string): GembatchError {
  const [, project = '', , place = ''] = location.split('/');
  return new GembatchError(
    'UNCLEAR',
    `${file}: its create was sent to ${location}, whose batch jobs are not in this list, so it is unclear whether the job exists.`,
    {
      suggestions: [
        `Set GOOGLE_CLOUD_PROJECT=${project} GOOGLE_CLOUD_LOCATION=${place}, and run the same command again.`,
        `If you are sure that no job was made, submit it again: ${ownCommand(`submit --assume-not-created ${file}`)}`,
      ],
    },
  );
}

function doubtOfBucket(file: string, upload: string): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `${file}: neither its batch job nor its request file ${upload} can be seen, so it is unclear whether the job exists.`,
    {
      suggestions: [
        'Check GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION and your access to the bucket, and run the same command again.',
        `If you are sure that no job was made, submit it again: ${ownCommand(`submit --assume-not-created ${file}`)}`,
      ],
    },
  );
}
