import {constants, openSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {Socket} from 'node:net';
import {GembatchError} from '../../domain/errors.js';
import {openFile, refuseIrregular} from './open-file.js';

/**
 * The text of a file that may be anybody's, such as one that stands in a folder.
 *
 * @throws GembatchError `FILE_IS_FOLDER` for what is no regular file; else what the file system says, with its `code`.
 */
export async function readRegularText(path: string): Promise<string> {
  const {file} = await openFile(path);
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * The text of a file that a person has named, which may be the output of a command: `<(command)` is a pipe. A pipe is waited
 * for until something has come out of it and it is closed.
 *
 * @throws GembatchError `FILE_IS_FOLDER` for what is neither, `FILE_EMPTY` for a pipe that nothing comes out of; else what the
 *   file system says, with its `code`; and the reason of the signal.
 */
export async function readNamedText(path: string, signal?: AbortSignal): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFIFO()) {
    refuseIrregular(stats, path);
    return readRegularText(path);
  }
  // A thread that waits in open or read for a writer lets no signal end the process; a socket does.
  const pipe = new Socket({fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false});
  const end = (): void => void pipe.destroy();
  signal?.addEventListener('abort', end);
  const chunks: Buffer[] = [];
  try {
    signal?.throwIfAborted();
    for await (const chunk of pipe) chunks.push(chunk as Buffer);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    pipe.destroy();
  }
  signal?.throwIfAborted();
  if (chunks.length === 0)
    throw new GembatchError('FILE_EMPTY', `${path} is a pipe, and nothing came out of it.`, {
      suggestions: ['Try the command that writes to it on its own.'],
    });
  return Buffer.concat(chunks).toString('utf8');
}
