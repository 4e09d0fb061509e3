import {GembatchError} from '../../domain/errors.js';
import type {CallOptions, Deletion, DownloadOptions} from '../batch-service.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import {ListLimit} from '../http/list-limit.js';
import {parseReply, toPage} from '../reply.js';
import {rangedDownload} from '../transfer/ranged-download.js';
import {addressText, type ObjectAddress} from './object-address.js';
import type {CloudCall, CloudCalls} from './vertex-calls.js';
import {toObject, type StorageObject} from './vertex-reply.js';

/** The most that Cloud Storage gives at once. */
const PAGE_SIZE = 1_000;

/** What a list may be given besides its prefix. */
interface ListTerms {
  /** Of a page. */
  readonly most?: number;
  readonly query?: Readonly<Record<string, string>>;
}

/** Objects in Cloud Storage by its JSON API, https://cloud.google.com/storage/docs/json_api/v1/objects. */
export class CloudStorage {
  readonly calls: CloudCalls;
  readonly #baseUrl: string;

  constructor(calls: CloudCalls, baseUrl: string) {
    this.calls = calls;
    this.#baseUrl = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  }

  /** Where an object, or with an empty name all objects of a bucket, can be asked for. */
  url({bucket, object}: ObjectAddress, query: Readonly<Record<string, string>> = {}): URL {
    const path = `storage/v1/b/${encodeURIComponent(bucket)}/o`;
    return this.#url(object === '' ? path : `${path}/${encodeURIComponent(object)}`, query);
  }

  /** Where an upload begins. */
  uploadUrl({bucket}: ObjectAddress, query: Readonly<Record<string, string>>): URL {
    return this.#url(`upload/storage/v1/b/${encodeURIComponent(bucket)}/o`, query);
  }

  /** An address that Cloud Storage gave, on the host that was chosen: the access token goes nowhere else. */
  atOurAddress(url: URL): URL {
    const {protocol, hostname, port} = new URL(this.#baseUrl);
    return Object.assign(new URL(url), {protocol, hostname, port});
  }

  #url(path: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(path, this.#baseUrl);
    url.search = new URLSearchParams(query).toString();
    return url;
  }

  /** @throws GembatchError `NOT_FOUND`. */
  async get(address: ObjectAddress, options: CallOptions = {}): Promise<StorageObject> {
    const call = callOf(address, {method: 'GET', url: this.url(address)});
    return toObject(parseReply((await this.calls.withRetries(call, options)).body, call.name), call.name);
  }

  /**
   * Notes something on an object, so that a process that looked at it before does not delete it.
   *
   * @throws GembatchError `NOT_FOUND`.
   */
  async note(address: ObjectAddress, notes: JsonObject, options: CallOptions = {}): Promise<void> {
    const call = callOf(address, {method: 'PATCH', url: this.url(address), json: {metadata: notes}});
    await this.calls.withRetries(call, options);
  }

  /** Deletes an object, if it is still as it was when it was looked at; one that is not there is as good as deleted. */
  async delete(
    address: ObjectAddress,
    seen: Pick<StorageObject, 'generation' | 'metageneration'>,
    options: CallOptions = {},
  ): Promise<Deletion> {
    const {generation, metageneration} = seen;
    const url = this.url(address, {
      ...(generation === undefined ? {} : {ifGenerationMatch: generation}),
      ...(metageneration === undefined ? {} : {ifMetagenerationMatch: metageneration}),
    });
    const call = callOf(address, {method: 'DELETE', url, name: `deletion of ${addressText(address)}`});
    try {
      await this.calls.withRetries(call, options);
      return 'deleted';
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
  }

  /**
   * The bytes of an object in one of its generations, or as it is, over broken connections.
   *
   * @throws GembatchError `NOT_FOUND`.
   */
  read(
    address: ObjectAddress,
    generation: string | undefined,
    options: DownloadOptions,
  ): AsyncGenerator<Buffer, void, undefined> {
    const resource = addressText(address);
    const source = {
      call: {name: `download of ${resource}`, subject: 'file', resource},
      url: this.url(address, {alt: 'media', ...(generation === undefined ? {} : {generation})}),
      headers: () => this.calls.authorize(options.signal),
    } as const;
    return rangedDownload(source, this.calls.transport, options);
  }

  /** Objects below a prefix, page by page, in the order of their names. */
  async *list(
    {bucket, object: prefix}: ObjectAddress,
    options: CallOptions = {},
    {most = PAGE_SIZE, query: more = {}}: ListTerms = {},
  ): AsyncGenerator<readonly StorageObject[]> {
    const name = `list of gs://${bucket}/${prefix}`;
    const limit = new ListLimit(name, this.calls.transport.clock);
    let query: Readonly<Record<string, string>> = {...more, prefix, maxResults: String(most)};
    for (;;) {
      const call = {
        name,
        subject: 'list',
        method: 'GET',
        url: this.url({bucket, object: ''}, query),
      } as const;
      const reply = await this.calls.withRetries(call, options);
      const {items, nextPageToken} = toPage(parseReply(reply.body, name), {
        field: 'items',
        call: name,
        read: toObject,
      });
      limit.count(reply.body.length, nextPageToken);
      yield items;
      if (nextPageToken === undefined) return;
      query = {...query, pageToken: nextPageToken};
    }
  }
}

function callOf(
  address: ObjectAddress,
  call: Pick<CloudCall, 'method' | 'url' | 'json'> & {readonly name?: string},
): CloudCall {
  const resource = addressText(address);
  return {name: resource, ...call, subject: 'file', resource};
}
