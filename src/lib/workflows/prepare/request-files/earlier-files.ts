import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {fieldOf} from '../../../domain/json/json-object.js';
import {LineSplitter} from '../../../domain/json/line-splitter.js';
import {
  MANIFEST_NAME,
  parseManifest,
  type ManifestFile,
  type PrepareManifest,
} from '../../../domain/prepare/prepare-manifest.js';
import {KeyScan} from '../../../domain/request-key/key-scan.js';
import {readChunks} from '../../request-file/read-chunks.js';
import {readRegularText} from '../../request-file/read-text.js';
import type {PreparedKeys} from '../template/key-maker.js';

/** Takes the key of a request and its line, both only during the call. */
type TakeLine = (key: string | Uint8Array, line: Uint8Array) => void;

/**
 * The manifest of a folder; undefined when there is none.
 *
 * @throws GembatchError FILE_INVALID, and what the file system says.
 */
export async function readManifest(folder: string): Promise<PrepareManifest | undefined> {
  const path = join(folder, MANIFEST_NAME);
  try {
    return parseManifest(await readRegularText(path), path);
  } catch (error) {
    if (fieldOf(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Notes the requests that earlier runs made.
 *
 * @throws GembatchError FILE_MISSING or FILE_CHANGED when a file is not as it was made: it would be unclear which requests are new.
 */
export async function noteEarlier(
  folder: string,
  files: readonly ManifestFile[],
  keys: PreparedKeys,
): Promise<void> {
  for (const file of files) await readMade(folder, file, (key, line) => keys.addEarlier(key, line));
}

/** The first keys that the source has no more. */
export async function goneKeys(
  folder: string,
  files: readonly ManifestFile[],
  keys: PreparedKeys,
  limit: number,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const file of files) {
    if (gone.length >= limit) break;
    await readMade(folder, file, (key) => {
      if (gone.length < limit && keys.isGone(key)) gone.push(textOf(key));
    });
  }
  return gone;
}

async function readMade(folder: string, {file, sha256}: ManifestFile, take: TakeLine): Promise<void> {
  const path = join(folder, file);
  const hash = createHash('sha256');
  const scan = new KeyScan();
  const splitter = new LineSplitter((bytes, start, end) => {
    const key = scan.keyOf(bytes, start, end);
    if (key !== null) take(key, bytes.subarray(start, end));
  });
  try {
    for await (const chunk of readChunks(path)) {
      hash.update(chunk);
      splitter.push(chunk);
    }
  } catch (error) {
    throw fieldOf(error, 'code') === 'ENOENT' ? notAsMade('FILE_MISSING', `${path} is gone`) : error;
  }
  splitter.finish();
  if (hash.digest('hex') !== sha256) throw notAsMade('FILE_CHANGED', `${path} has changed`);
}

function notAsMade(code: 'FILE_MISSING' | 'FILE_CHANGED', what: string): GembatchError {
  return new GembatchError(
    code,
    `${what} since it was prepared, so it is unclear which rows are new. Nothing was written.`,
    {
      suggestions: ['Put the file back as it was, or choose another folder: -o FOLDER'],
    },
  );
}

/** A key as text: the bytes between its quotes have escapes where they are no text of their own. */
function textOf(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : Buffer.from(key).toString('utf8');
}
