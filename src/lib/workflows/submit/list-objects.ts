import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress, refuseAddresses} from '../../domain/bucket/bucket-input.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';
import type {RequestFile} from './collect-inputs.js';

/** Lists that are asked for at once. */
const CONCURRENT_LISTS = 8;
/** Errors that concern one address alone: its bucket is not there, or is somebody else's. */
const CODES_OF_ONE: ReadonlySet<string> = new Set(['NOT_FOUND', 'REFUSED']);

/**
 * The files with each address in the place of what it names: the objects that are there, each once. An address that names nothing
 * stays, with why.
 *
 * @throws GembatchError `USAGE` where the service reads no objects, and what listing says that concerns all addresses.
 */
export async function listObjects(
  client: Pick<BatchService, 'listInputs' | 'services'>,
  files: readonly RequestFile[],
  options: CallOptions = {},
): Promise<readonly RequestFile[]> {
  refuseAddresses(
    files.map(({path}) => path),
    client.services[0],
  );
  const listed = await pMap(files, (file) => filesNamedBy(client, file, options), {
    concurrency: CONCURRENT_LISTS,
  });
  const each = new Map(listed.flat().map((file) => [file.inputFile, file]));
  return [...each.values()].map((file, position) => ({...file, index: position + 1}));
}

async function filesNamedBy(
  client: Pick<BatchService, 'listInputs'>,
  file: RequestFile,
  options: CallOptions,
): Promise<readonly RequestFile[]> {
  if (!isCloudAddress(file.path)) return [file];
  try {
    const objects = await client.listInputs(file.path, options);
    if (objects.length === 0) return [{...file, problem: nothingError(file.name)}];
    return objects.map((object) => {
      const {address} = object;
      const listed = {index: 0, path: address, name: address, inputFile: address, object};
      return address === file.path || address.endsWith('.jsonl')
        ? listed
        : {...listed, problem: otherFormError(address)};
    });
  } catch (error) {
    if (error instanceof GembatchError && isOfOne(error)) return [{...file, problem: error}];
    throw error;
  }
}

/** Whoever is known may be refused one bucket and given another. */
function isOfOne({code, details}: GembatchError): boolean {
  return CODES_OF_ONE.has(code) || details['status'] === 403;
}

function nothingError(name: string): GembatchError {
  return new GembatchError('FILE_MISSING', `${name}: there is no such object, nor any that fits.`, {
    suggestions: [
      'Check the address; a folder ends in a slash. Nothing was sent for it.',
      `See what is there: gcloud storage ls "${name}"`,
    ],
  });
}

/** Its lines are not read before a job is paid for, so that only its name tells what it is. */
function otherFormError(address: string): GembatchError {
  return new GembatchError(
    'FILE_INVALID',
    `${address}: its name does not end in .jsonl, so a pattern does not submit it.`,
    {suggestions: ['Name the object itself, without a pattern, to submit it all the same.']},
  );
}

/** What is said of the cost of files in a bucket before anything is sent; undefined without any. */
export function unreadText(
  files: readonly RequestFile[],
  {readsObjects}: {readonly readsObjects?: boolean},
): string | undefined {
  const count = files.filter(({object}) => object !== undefined).length;
  if (count === 0) return undefined;
  const of = count === 1 ? 'The file in the bucket' : `The ${count} files in the bucket`;
  return readsObjects === true
    ? `${of}: estimated as ${count === 1 ? 'it is' : 'they are'} read.`
    : `${of}: the cost is unknown, because the lines are not read; --check reads and checks them.`;
}
