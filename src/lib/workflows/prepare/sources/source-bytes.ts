import {createHash, type Hash} from 'node:crypto';
import {isUtf8} from 'node:buffer';
import {GembatchError} from '../../../domain/errors.js';
import {openUtf8Bytes} from '../../../domain/prepare/sources/text-encoding.js';
import {openFile} from '../../request-file/open-file.js';
import {readChunks} from '../../request-file/read-chunks.js';
import type {ReadOptions, SourceFingerprint} from './source.js';

/** What is looked at to tell the form, the encoding and the head of a source. */
const HEAD_BYTES = 1024 * 1024;

/** What a parser makes of one piece is held at once. */
const PIECE_BYTES = 64 * 1024;

/** The first bytes of a file. */
export async function readHead(path: string, bytes = HEAD_BYTES): Promise<Buffer> {
  const {file} = await openFile(path);
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    const {bytesRead} = await file.read(buffer, 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The bytes of a source while they pass by: counted, hashed, and stopped when the command is. */
export class SourceBytes {
  readonly #hash: Hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(
    private readonly path: string,
    private readonly options: Pick<ReadOptions, 'signal' | 'onBytes'>,
  ) {}

  /** Chunks that are the caller's to keep. */
  async *read(): AsyncGenerator<Buffer> {
    for await (const chunk of readChunks(this.path)) {
      this.options.signal.throwIfAborted();
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
      this.options.onBytes(chunk.length);
      for (let at = 0; at < chunk.length; at += PIECE_BYTES)
        yield Buffer.from(chunk.subarray(at, at + PIECE_BYTES));
    }
  }

  /** Once all was read. */
  fingerprint(): SourceFingerprint {
    return {size_bytes: this.#sizeBytes, sha256: this.#hash.copy().digest('hex')};
  }
}

/**
 * The chunks as text in UTF-8, whatever they were.
 *
 * @throws GembatchError FILE_INVALID when they are said to be UTF-8 and are not.
 */
export async function* asUtf8(
  chunks: AsyncIterable<Buffer>,
  {name, encoding}: {readonly name: string; readonly encoding: string},
): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    yield* checkedUtf8(chunks, name);
    return;
  }
  const {default: iconv} = await import('iconv-lite');
  const decoder = iconv.getDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.write(chunk));
  const rest = decoder.end();
  if (rest !== undefined && rest !== '') yield Buffer.from(rest);
}

/** The first bytes of a source as text. */
export async function decodeHead(head: Buffer, encoding: string): Promise<string> {
  if (encoding === 'utf-8') return head.toString('utf8').replace(/^\uFEFF/u, '');
  const {default: iconv} = await import('iconv-lite');
  return iconv.decode(head, encoding);
}

/** @throws GembatchError USAGE for an unknown encoding. */
export async function checkEncoding(encoding: string): Promise<void> {
  if (encoding === 'utf-8') return;
  const {default: iconv} = await import('iconv-lite');
  const isKnown: boolean = iconv.encodingExists(encoding);
  if (isKnown) return;
  throw new GembatchError('USAGE', `Unknown encoding "${encoding}".`, {
    suggestions: ['Name one such as utf-8, utf-16le, windows-1252, shift_jis or gb18030: --encoding NAME'],
  });
}

async function* checkedUtf8(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let open: Buffer = Buffer.alloc(0);
  let newlines = 0;
  for await (const chunk of chunks) {
    const joined = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
    const whole = joined.subarray(0, joined.length - openUtf8Bytes(joined));
    if (!isUtf8(whole)) throw notUtf8(name, whole, newlines);
    newlines += countNewlines(whole);
    open = joined.subarray(whole.length);
    yield whole;
  }
  if (open.length > 0) throw notUtf8(name, open, newlines);
}

function notUtf8(name: string, bytes: Buffer, newlines: number): GembatchError {
  const again = Buffer.from(bytes.toString('utf8'));
  const at = bytes.findIndex((byte, index) => again[index] !== byte);
  const line = newlines + countNewlines(bytes.subarray(0, at)) + 1;
  return new GembatchError('FILE_INVALID', `${name}:${line}: the text is not UTF-8. Nothing was written.`, {
    details: {line},
    suggestions: ['Say what it is, for example: --encoding windows-1252'],
  });
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
