import {madeContent, MadeLines, numberText} from '../files/made-content.js';
import {ServiceError} from '../http/service-error.js';
import type {ServiceState} from '../service-state.js';

/** Objects in Cloud Storage that are request files of one form and take no room. */
export interface ObjectForm {
  /** `gs://bucket/in/%06d.jsonl`; the number of each object, from 1, stands for `%06d`, with so many digits. */
  readonly address: string;
  readonly count: number;
  /** Of each object. */
  readonly size_bytes: number;
  /** In each object. */
  readonly requests: number;
}

/**
 * Puts the objects there. Each has a first line of its own, so that no two have the same content; as composite objects they have
 * no MD5 (https://cloud.google.com/storage/docs/composite-objects).
 *
 * @throws ServiceError 400 for an address without a place for the number, or too few bytes.
 */
export function makeObjects(
  service: ServiceState,
  {address, count, size_bytes: size, requests}: ObjectForm,
): void {
  const nameOf = namesOf(address, count);
  const lineBytes = Math.floor(size / requests);
  const rest = new MadeLines(lineOf('any object', lineBytes - 1), requests - 1);
  const createdMs = service.clock.now();
  for (let number = 1; number <= count; number += 1) {
    const name = nameOf(number);
    const first = (): Buffer => Buffer.from(`${lineOf(name, size - rest.sizeBytes - 1)}\n`);
    service.files.add({
      name,
      displayName: name,
      mimeType: 'application/jsonl',
      path: '',
      made: madeContent(first, rest),
      sizeBytes: size,
      sha256: '',
      lineCount: requests,
      createdMs,
      isGenerated: false,
      object: {generation: String(Math.floor(createdMs * 1_000) + service.nextObject())},
    });
  }
}

function namesOf(address: string, count: number): (number: number) => string {
  const {before, digits, after} =
    /^(?<before>gs:\/\/[^%]+)%0?(?<digits>\d*)d(?<after>[^%]*)$/u.exec(address)?.groups ?? {};
  if (before !== undefined)
    return (number) => before + String(number).padStart(Number(digits), '0') + (after ?? '');
  if (count === 1 && address.startsWith('gs://')) return () => address;
  throw new ServiceError(400, '"address" must be like gs://bucket/in/%06d.jsonl.');
}

/** A request that is so long, without the end of its line. The prompt has its number behind the letters that a response id is made of. */
function lineOf(name: string, bytes: number): string {
  const text = `Request number: ${numberText(1)}, of ${name}.`;
  const line = (padding: string): string =>
    JSON.stringify({
      key: `r${numberText(1)}`,
      request: {contents: [{role: 'user', parts: [{text: text + padding}]}]},
    });
  const room = bytes - Buffer.byteLength(line(''));
  if (room < 0)
    throw new ServiceError(400, `A request needs ${bytes - room + 1} bytes; make fewer, or larger objects.`);
  return line(' word'.repeat(Math.ceil(room / 5)).slice(0, room));
}
