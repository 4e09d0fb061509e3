import {constants, type Stats} from 'node:fs';
import {open, stat, type FileHandle} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';

/** A file that is open for reading. */
export interface OpenedFile {
  readonly file: FileHandle;
  /** Its length when it was opened; no more is read. Of a file below `/proc` it is 0. */
  readonly sizeBytes: number;
}

/**
 * Opens what a record or an argument names. Opening a pipe or reading a device may block for ever, and a blocked process
 * cannot even be ended.
 *
 * @throws GembatchError `FILE_IS_FOLDER` for what is no regular file, `FILE_MISSING` for an address in Cloud Storage; else what the
 *   file system says, with its `code`.
 */
export async function openFile(path: string): Promise<OpenedFile> {
  refuseAddress(path);
  // Checked first, because opening a device can have an effect.
  refuseIrregular(await stat(path), path);
  // Windows has no such flag: undefined counts as 0 here.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    refuseIrregular(stats, path);
    return {file, sizeBytes: stats.size};
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Keeps an address from being taken for a path, which `gs://…` could be by chance.
 *
 * @throws GembatchError `FILE_MISSING`
 */
export function refuseAddress(path: string): void {
  if (isCloudAddress(path))
    throw new GembatchError('FILE_MISSING', `${path} is in a bucket, not on this machine.`, {
      suggestions: [`To have it here: gcloud storage cp "${path}" .`],
    });
}

/**
 * @param name - what messages call it.
 * @throws GembatchError `FILE_IS_FOLDER`
 */
export function refuseIrregular(stats: Pick<Stats, 'isDirectory' | 'isFile'>, name: string): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) {
    throw new GembatchError('FILE_IS_FOLDER', `${name} is a folder, not a file.`);
  }
  throw new GembatchError('FILE_IS_FOLDER', `${name} is a pipe, a socket or a device, not a regular file.`, {
    suggestions: ['Name a regular file in its place.'],
  });
}
