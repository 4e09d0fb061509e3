import {dirname, resolve} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {isTextFile, mediaTypeOf} from '../../../domain/prepare/sources/media-type.js';
import {readWhole} from '../../request-file/read-chunks.js';
import {fileError} from '../file-error.js';
import {checkInlineBytes, inlinePart} from './inline-part.js';
import type {Source, SourceRow} from './source.js';

/** An address of a file that the service reads by itself. */
const ADDRESS = /^(?:https|gs):\/\/\S+$/u;

/**
 * The parts that the columns of `--attach` name, as JSON texts, in the order of the columns. A local path starts at the folder
 * of the source; an empty cell attaches nothing.
 *
 * @throws GembatchError FILE_MISSING, FILE_TOO_LARGE, FILE_INVALID; all name the row.
 */
export async function attachedParts(
  columns: readonly string[],
  source: Source,
  row: SourceRow,
): Promise<readonly string[]> {
  const parts: string[] = [];
  for (const column of columns) {
    const value = row.values[column];
    if (value === undefined || value === null || value === '') continue;
    const place = `${source.placeOf(row.at)}, column "${column}"`;
    if (typeof value !== 'string') {
      throw new GembatchError(
        'FILE_INVALID',
        `${place}: the attachment is neither a path nor an address. Nothing was written.`,
      );
    }
    parts.push(ADDRESS.test(value) ? addressPart(value) : await filePart(value, source, place));
  }
  checkInlineBytes(
    parts.reduce((sum, part) => sum + part.length, 0),
    source.placeOf(row.at),
  );
  return parts;
}

function addressPart(address: string): string {
  const mimeType = mediaTypeOf(address);
  return JSON.stringify({fileData: {...(mimeType === undefined ? {} : {mimeType}), fileUri: address}});
}

async function filePart(path: string, source: Source, place: string): Promise<string> {
  const mimeType = mediaTypeOf(path);
  if (mimeType === undefined && !isTextFile(path)) {
    throw new GembatchError(
      'FILE_INVALID',
      `${place}: ${path} has no known file extension. Nothing was written.`,
      {
        suggestions: ['Give it one such as .png, .pdf, .mp3 or .txt.'],
      },
    );
  }
  let bytes: Buffer;
  try {
    bytes = await readWhole(resolve(dirname(source.path), path));
  } catch (error) {
    throw fileError(`${place}: ${path}`, error);
  }
  if (mimeType !== undefined) return inlinePart(bytes, mimeType, `${place}: ${path}`);
  return JSON.stringify({text: bytes.toString('utf8')});
}
