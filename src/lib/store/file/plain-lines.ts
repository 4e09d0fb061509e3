import {GembatchError} from '../../domain/errors.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The bytes of a job-info file as UTF-8 with newlines, whatever program saved it: Windows tools write UTF-16 with its byte
 * order mark, old ones end lines with a carriage return alone. Any other bytes are given back as they are.
 *
 * @throws GembatchError STORAGE for UTF-16 that is cut or broken.
 */
export function plainLines(bytes: Buffer, path: string): Buffer {
  const text = utf16(bytes, path) ?? bytes;
  return text.includes(NEWLINE) || !text.includes(CARRIAGE_RETURN) ? text : withNewlines(text);
}

/** Whether bytes begin with the byte order mark of UTF-16. */
export function isUtf16(bytes: Buffer): boolean {
  return isBigEndian(bytes) || (bytes[0] === 0xff && bytes[1] === 0xfe);
}

function isBigEndian(bytes: Buffer): boolean {
  return bytes[0] === 0xfe && bytes[1] === 0xff;
}

function utf16(bytes: Buffer, path: string): Buffer | undefined {
  if (!isUtf16(bytes)) return undefined;
  try {
    const littleEndian = isBigEndian(bytes) ? Buffer.from(bytes).swap16() : bytes;
    return Buffer.from(new TextDecoder('utf-16le', {fatal: true}).decode(littleEndian));
  } catch (cause) {
    throw new GembatchError(
      'STORAGE',
      `${path} is UTF-16 and cannot be read to its end. It was not changed.`,
      {
        cause,
        suggestions: ['Restore the file from a backup or from version control, or save it as UTF-8.'],
      },
    );
  }
}

/** A carriage return stands in no string of JSON, so each one ends a line. */
function withNewlines(text: Buffer): Buffer {
  const copy = Buffer.from(text);
  for (let at = copy.indexOf(CARRIAGE_RETURN); at !== -1; at = copy.indexOf(CARRIAGE_RETURN, at + 1)) {
    copy[at] = NEWLINE;
  }
  return copy;
}

/** What the Python tool writes into its lock, which then becomes the job-info file. */
export function holdsRecords(bytes: Buffer): boolean {
  return bytes.includes('"input_file"');
}
