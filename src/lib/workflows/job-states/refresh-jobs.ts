/**
 * Asks the service how batch jobs stand, with as few calls as it takes.
 *
 * One page of the list tells of a hundred jobs, so that a few are asked for by name and many are looked up in the list.
 * The list holds the jobs of a whole project: where it goes on for longer than it would take to ask by name for what is
 * still missing, that is done. A list alone never proves that a job is gone (`Embassy-of-the-Free-Mind/sourcelibrary-v2`,
 * issue 4889: 85 running jobs were taken for lost), nor does a single 404: a look that does not find a job has asked for it
 * by name and read the whole list.
 */
import pMap from 'p-map';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {GembatchError} from '../../domain/errors.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';

/** As many as can be asked for by name in the time and the calls that a look at the list would take. */
const FEW = 2;
const CONCURRENT_GETS = 4;

/** What the service said about the jobs it was asked for. */
export interface RefreshedJobs {
  /** By batch name. */
  readonly found: ReadonlyMap<string, BatchJob>;
  /** Jobs that it has neither by name nor in its whole list. */
  readonly gone: ReadonlySet<string>;
  /** Jobs that the service refused to tell about. */
  readonly refused: ReadonlyMap<string, GembatchError>;
  /** Why the others could not be asked for; undefined when there are none. */
  readonly error?: GembatchError;
}

/** A job that is asked for, and what is known of it: an answer that says otherwise is about another one. */
export type AskedJob = Pick<BatchJob, 'name' | 'display_name' | 'src'>;

interface Lookup {
  readonly client: BatchService;
  readonly options: CallOptions;
  /** Names that nothing is known about yet. */
  readonly open: Map<string, AskedJob>;
  readonly asked: ReadonlyMap<string, AskedJob>;
  readonly found: Map<string, BatchJob>;
  readonly gone: Set<string>;
  readonly refused: Map<string, GembatchError>;
}

/** Asks for these jobs. After an error, the result still has the states that were read before it. */
export async function refreshJobs(
  client: BatchService,
  jobs: readonly AskedJob[],
  options: CallOptions = {},
): Promise<RefreshedJobs> {
  const lookup: Lookup = {
    client,
    options,
    open: new Map(jobs.map((job) => [job.name, job])),
    asked: new Map(jobs.map((job) => [job.name, job])),
    found: new Map(),
    gone: new Set(),
    refused: new Map(),
  };
  const {found, gone, refused} = lookup;
  try {
    const isWhole = jobs.length > FEW && (await lookThroughList(lookup));
    await pMap([...lookup.open.keys()], (name) => askByName(lookup, name), {concurrency: CONCURRENT_GETS});
    if (gone.size > 0 && !isWhole) await findInWholeList(lookup);
    return {found, gone, refused};
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return {found, gone: new Set(), refused, error};
  }
}

/** @returns whether the list was read to its end. */
async function lookThroughList(lookup: Lookup): Promise<boolean> {
  const {client, options, open} = lookup;
  let pages = 0;
  for await (const page of client.listBatches(options)) {
    pages += 1;
    for (const batch of page) if (open.has(batch.name)) take(lookup, batch.name, batch);
    if (pages >= open.size) return false;
  }
  return true;
}

/** For a moment the service may not find a job by its name that it has. */
async function findInWholeList(lookup: Lookup): Promise<void> {
  for await (const page of lookup.client.listBatches(lookup.options)) {
    for (const batch of page) if (lookup.gone.delete(batch.name)) take(lookup, batch.name, batch);
  }
}

async function askByName(lookup: Lookup, name: string): Promise<void> {
  try {
    take(lookup, name, await lookup.client.getBatch(name, lookup.options));
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    if (error.code === 'NOT_FOUND') lookup.gone.add(name);
    else if (error.code === 'REFUSED') lookup.refused.set(name, error);
    else throw error;
  }
}

/** Takes an answer, unless it is about another job than the one that was asked for. */
function take({asked, open, found, refused}: Lookup, name: string, batch: BatchJob): void {
  open.delete(name);
  const {display_name: displayName = '', src} = asked.get(name) ?? {};
  const isSameName = displayName === '' || [undefined, displayName].includes(batch.display_name);
  const isSameFile = src === undefined || batch.src === undefined || src.file_name === batch.src.file_name;
  if (batch.name === name && isSameName && isSameFile) found.set(name, batch);
  else refused.set(name, otherJobError(name, batch));
}

function otherJobError(name: string, {name: other, display_name: displayName = ''}: BatchJob): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `Asked about ${name}, the service answered about another job: ${other} "${displayName}". Nothing was recorded.`,
    {suggestions: ['Run the same command again; if it happens again, check for a proxy in between.']},
  );
}
