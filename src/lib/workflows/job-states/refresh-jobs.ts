/**
 * Asks the service how batch jobs stand, with as few calls as it takes.
 *
 * One page of the list tells of a hundred jobs, so that a few are asked for by name and many are looked up in the list.
 * The list holds the jobs of a whole project: where it goes on for longer than it would take to ask by name for what is
 * still missing, that is done. A list never proves that a job is gone (`Embassy-of-the-Free-Mind/sourcelibrary-v2`,
 * issue 4889: 85 running jobs were taken for lost); only asking for it by name does.
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
  /** Jobs that the service says it does not have. */
  readonly gone: ReadonlySet<string>;
  /** Jobs that the service refused to tell about. */
  readonly refused: ReadonlyMap<string, GembatchError>;
  /** Why the others could not be asked for; undefined when there are none. */
  readonly error?: GembatchError;
}

interface Lookup {
  readonly client: BatchService;
  readonly options: CallOptions;
  /** Names that nothing is known about yet. */
  readonly open: Set<string>;
  readonly found: Map<string, BatchJob>;
  readonly gone: Set<string>;
  readonly refused: Map<string, GembatchError>;
}

/** Asks for the jobs with these batch names. What was learnt before trouble began is in the result all the same. */
export async function refreshJobs(
  client: BatchService,
  names: readonly string[],
  options: CallOptions = {},
): Promise<RefreshedJobs> {
  const lookup: Lookup = {
    client,
    options,
    open: new Set(names),
    found: new Map(),
    gone: new Set(),
    refused: new Map(),
  };
  const {found, gone, refused} = lookup;
  try {
    if (names.length > FEW) await lookThroughList(lookup);
    await pMap([...lookup.open], (name) => askByName(lookup, name), {concurrency: CONCURRENT_GETS});
    return {found, gone, refused};
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return {found, gone, refused, error};
  }
}

async function lookThroughList({client, options, open, found}: Lookup): Promise<void> {
  let pages = 0;
  for await (const page of client.listBatches(options)) {
    pages += 1;
    for (const batch of page) if (open.delete(batch.name)) found.set(batch.name, batch);
    if (pages >= open.size) return;
  }
}

async function askByName({client, options, found, gone, refused}: Lookup, name: string): Promise<void> {
  try {
    found.set(name, await client.getBatch(name, options));
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    if (error.code === 'NOT_FOUND') gone.add(name);
    else if (error.code === 'REFUSED') refused.set(name, error);
    else throw error;
  }
}
