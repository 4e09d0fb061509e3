import {GembatchError} from '../../../domain/errors.js';

/**
 * The most that one request may hold inline, and the most of it that may be a PDF: 100 MB and 50 MB,
 * https://ai.google.dev/gemini-api/docs/file-input-methods.
 */
const MAX_INLINE_BYTES = 100_000_000;
const MAX_PDF_BYTES = 50_000_000;
/** Base64 has four characters for three bytes. */
const BASE64 = 4 / 3;

/**
 * A part that holds a file, as JSON text.
 *
 * @throws GembatchError FILE_TOO_LARGE above the limit of the service.
 */
export function inlinePart(bytes: Buffer, mimeType: string, name: string): string {
  const isPdf = mimeType === 'application/pdf';
  if (bytes.length > (isPdf ? MAX_PDF_BYTES : MAX_INLINE_BYTES)) {
    throw tooLarge(
      `${name}: has ${bytes.length} bytes`,
      isPdf ? 'PDF' : 'request',
      isPdf ? MAX_PDF_BYTES : MAX_INLINE_BYTES,
    );
  }
  return `{"inlineData":{"mimeType":${JSON.stringify(mimeType)},"data":"${bytes.toString('base64')}"}}`;
}

/** @throws GembatchError FILE_TOO_LARGE when the parts of a request are too long together. */
export function checkInlineBytes(length: number, place: string): void {
  if (length > MAX_INLINE_BYTES * BASE64)
    throw tooLarge(
      `${place}: attaches some ${Math.round(length / BASE64)} bytes`,
      'request',
      MAX_INLINE_BYTES,
    );
}

function tooLarge(what: string, unit: string, limit: number): GembatchError {
  return new GembatchError(
    'FILE_TOO_LARGE',
    `${what}; the service takes ${limit} in one ${unit}. Nothing was written.`,
    {
      suggestions: [
        'Make it smaller, or put it where the service can read it, and name its https:// or gs:// address: --attach COLUMN',
      ],
    },
  );
}
