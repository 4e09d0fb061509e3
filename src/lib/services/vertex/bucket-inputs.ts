import picomatch from 'picomatch';
import {GembatchError} from '../../domain/errors.js';
import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import type {CallOptions} from '../batch-service.js';
import {malformedReplyError} from '../http/service-error.js';
import type {CloudStorage} from './cloud-storage.js';
import {Crc32c} from './crc32c.js';
import {
  addressText,
  BucketLayout,
  isWrittenByUs,
  parseAddress,
  type ObjectAddress,
} from './object-address.js';
import type {StorageObject} from './vertex-reply.js';

const GLOB_CHARACTER = /[*?[{(]/u;
const NATURAL_ORDER = new Intl.Collator('en', {numeric: true});

/** Request files that a person has in a bucket. They are listed and read, and never changed. */
export class BucketInputs {
  readonly #storage: CloudStorage;
  readonly #layout: BucketLayout | undefined;

  /** @param bucket - where gembatch puts what it writes, which is no input; undefined when none is named. */
  constructor(storage: CloudStorage, bucket: string | undefined) {
    this.#storage = storage;
    this.#layout = bucket === undefined ? undefined : new BucketLayout(bucket);
  }

  /**
   * The objects that an address or a pattern names, in natural order; none when nothing matches.
   *
   * @throws GembatchError `REFUSED` for what is no address.
   */
  async list(pattern: string, options: CallOptions): Promise<readonly BucketInput[]> {
    const named = parseAddress(pattern);
    const isFolder = named.object === '' || named.object.endsWith('/');
    const glob = isFolder ? `${escaped(named.object)}*.jsonl` : named.object;
    if (!GLOB_CHARACTER.test(glob)) return this.#one(named, options);
    const place = {...named, object: isFolder ? named.object : literalStart(glob)};
    const rest = glob.slice(literalStart(glob).length);
    const matches = picomatch(glob, {nonegate: true});
    const found: BucketInput[] = [];
    // An object with exactly this name counts as itself, whatever characters it has.
    let exact: BucketInput | undefined;
    const query = rest.includes('/') || rest.includes('**') ? {} : {delimiter: '/'};
    for await (const page of this.#storage.list(place, options, {query})) {
      for (const object of page) {
        const isExact = !isFolder && object.name === named.object;
        if (!isExact && (!matches(inOneLine(object.name)) || this.#isOurs({...named, object: object.name})))
          continue;
        const input = inputOf({...named, object: object.name}, object);
        if (isExact) exact = input;
        found.push(input);
      }
    }
    if (exact !== undefined) return [exact];
    return found.sort((a, b) => NATURAL_ORDER.compare(a.address, b.address));
  }

  /**
   * The bytes of one object as it was when it was listed, each once and in order, over broken connections.
   *
   * @throws GembatchError `FILE_CHANGED` when it is not as it was any more, `SERVICE` when other bytes arrive than it has.
   */
  async *open(input: BucketInput, options: CallOptions): AsyncGenerator<Buffer, void, undefined> {
    const {address, generation, crc32c, sizeBytes} = input;
    const checksum = new Crc32c();
    let readBytes = 0;
    try {
      for await (const chunk of this.#storage.read(parseAddress(address), generation, options)) {
        checksum.update(chunk);
        readBytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') throw changed(address);
      throw error;
    }
    if (readBytes !== sizeBytes || (crc32c !== undefined && checksum.digest() !== crc32c))
      throw malformedReplyError(`download of ${address}`, 'its checksum is another than that of the object');
  }

  async #one(address: ObjectAddress, options: CallOptions): Promise<readonly BucketInput[]> {
    try {
      return [inputOf(address, await this.#storage.get(address, options))];
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
  }

  /** Whether gembatch or the service wrote it; folders are shown as objects whose names end in a slash. */
  #isOurs(address: ObjectAddress): boolean {
    return address.object.endsWith('/') || isWrittenByUs(address, this.#layout);
  }
}

function inputOf(address: ObjectAddress, object: StorageObject): BucketInput {
  const {generation, sizeBytes, crc32c, md5} = object;
  const text = addressText(address);
  if (generation === undefined || sizeBytes === undefined)
    throw malformedReplyError(text, 'it has no generation or no size');
  return {
    address: text,
    sizeBytes,
    generation,
    ...(crc32c === undefined ? {} : {crc32c}),
    ...(md5 === undefined ? {} : {md5}),
  };
}

/** No pattern crosses the end of a line; a name with several is found all the same, so that it is refused and not left out in silence. */
function inOneLine(name: string): string {
  return name.replaceAll(/[\n\r\u2028\u2029]/gu, '_');
}

/** What every match begins with. A sign before a bracket may belong to it. */
function literalStart(glob: string): string {
  return glob.slice(0, glob.search(/[@!+]?[*?[{(]|\\/u));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*?[\]{}()!@+]/gu, String.raw`\$&`);
}

function changed(address: string): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${address} is not what it was when it was listed; nothing was sent for it.`,
  );
}
