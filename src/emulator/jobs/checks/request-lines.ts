import {isObject, type Json} from '../../http/json.js';

export interface RequestLine {
  readonly key: string | undefined;
  readonly request: Json | undefined;
}

/** A request file that cannot be worked off at all. */
export class BadRequestFile extends Error {}

/** The longest line that is read; a request of the service's may have 20 MB. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a request file as a stream; empty lines are passed over.
 *
 * @throws BadRequestFile at a line that is not a JSON object, or too long.
 */
export async function* requestLinesOf(content: AsyncIterable<Buffer>): AsyncGenerator<RequestLine> {
  let number = 0;
  for await (const text of textLinesOf(content)) {
    number += 1;
    if (text.trim() === '') continue;
    const line = requestLineOf(text);
    if (line === undefined)
      throw new BadRequestFile(`Line ${number} of the request file is not a JSON object.`);
    yield line;
  }
}

/** The request of a line; undefined when it is not a JSON object. */
export function requestLineOf(text: string): RequestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const {key, request} = value;
  return {key: typeof key === 'string' ? key : undefined, request: isObject(request) ? request : undefined};
}

/** The lines of a file, empty ones too. @throws BadRequestFile at one that is too long. */
export async function* textLinesOf(content: AsyncIterable<Buffer>): AsyncGenerator<string> {
  /** What is read of a line whose end is still to come. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of content) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const rest = chunk.subarray(start, end);
      yield (begun.length === 0 ? rest : Buffer.concat([...begun, rest])).toString('utf8');
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    begun.push(chunk.subarray(start));
    begunBytes += chunk.length - start;
    if (begunBytes > MAX_LINE_BYTES) throw new BadRequestFile('A line of the request file is too long.');
  }
  if (begun.length > 0) yield Buffer.concat(begun).toString('utf8');
}
