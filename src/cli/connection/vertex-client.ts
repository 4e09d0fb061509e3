import type {Clock} from '../../lib/domain/clock.js';
import {GembatchError} from '../../lib/domain/errors.js';
import type {OutageOptions} from '../../lib/services/http/outage.js';
import {isLoopback} from '../../lib/services/http/connection/loopback.js';
import {createAuthorizer} from '../../lib/services/vertex/credentials/google-credentials.js';
import {isAddress} from '../../lib/services/vertex/object-address.js';
import {vertexAddress, VertexBatchClient} from '../../lib/services/vertex/vertex-batch-client.js';
import type {CloudPlace} from './recorded-services.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a client is made with besides the environment. */
interface VertexTerms {
  readonly bucket: string | undefined;
  /** Where jobs of the job-info file are, for an environment that names no project. */
  readonly recorded: CloudPlace | undefined;
  readonly clock: Clock;
  readonly outage?: OutageOptions;
}

const STORAGE_URL = 'https://storage.googleapis.com/';

/**
 * A client of Vertex AI as the environment has it; nothing is sent yet.
 *
 * @throws GembatchError USAGE for addresses that cannot be used.
 */
export function vertexClient(
  {bucket, recorded, clock, outage}: VertexTerms,
  environment: Environment,
): VertexBatchClient {
  const project = textOf(environment, 'GOOGLE_CLOUD_PROJECT');
  const location = textOf(environment, 'GOOGLE_CLOUD_LOCATION') ?? recorded?.location ?? 'global';
  if (!/^[a-z][a-z0-9-]*$/u.test(location))
    throw refusal(
      'GOOGLE_CLOUD_LOCATION',
      `is "${location}"`,
      'Write global, or a region such as us-central1.',
    );
  const baseUrl = addressFrom(environment, 'GOOGLE_VERTEX_BASE_URL');
  const storageUrl = addressFrom(environment, 'STORAGE_EMULATOR_HOST');
  refuseHalfEmulator(baseUrl, storageUrl);
  if (bucket !== undefined && !isAddress(bucket))
    throw new GembatchError('USAGE', `--bucket is "${bucket}"; nothing was sent.`, {
      suggestions: [
        'Write it like gs://my-bucket or gs://my-bucket/folder; the name of a bucket has at least three characters.',
      ],
    });
  return new VertexBatchClient({
    project: project ?? recorded?.project,
    location,
    bucket,
    authorize: createAuthorizer([baseUrl ?? vertexAddress(location), storageUrl ?? STORAGE_URL], environment),
    clock,
    ...(outage === undefined ? {} : {outage}),
    ...(baseUrl === undefined ? {} : {baseUrl}),
    ...(storageUrl === undefined ? {} : {storageUrl}),
  });
}

function textOf(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** @throws GembatchError USAGE for what is no address, or would send an access token in clear over a network. */
function addressFrom(environment: Environment, name: string): string | undefined {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  // Google's storage clients take a host without a scheme, too.
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username ||
    url.search ||
    url.hash
  )
    throw refusal(name, 'is no http(s) address', 'Write it like http://127.0.0.1:8686');
  if (url.protocol === 'http:' && !isLoopback(url))
    throw refusal(name, 'would send an access token over the network in clear', 'Use https.');
  return address;
}

/** Requests on this machine and their files at Google, or the other way round, are never meant. */
function refuseHalfEmulator(baseUrl: string | undefined, storageUrl: string | undefined): void {
  const isLocal = (address: string | undefined): boolean =>
    address !== undefined && isLoopback(new URL(address));
  if (isLocal(baseUrl) === isLocal(storageUrl)) return;
  const [missing, set] = isLocal(baseUrl)
    ? ['STORAGE_EMULATOR_HOST', 'GOOGLE_VERTEX_BASE_URL']
    : ['GOOGLE_VERTEX_BASE_URL', 'STORAGE_EMULATOR_HOST'];
  throw refusal(set, `leads to an emulator and ${missing} does not`, `Set ${missing} too, or unset ${set}.`);
}

function refusal(name: string, what: string, remedy: string): GembatchError {
  return new GembatchError('USAGE', `${name} ${what}; nothing was sent.`, {suggestions: [remedy]});
}
