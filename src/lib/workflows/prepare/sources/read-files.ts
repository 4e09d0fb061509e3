import {createHash} from 'node:crypto';
import {readdir, stat} from 'node:fs/promises';
import {basename, dirname, join, relative, resolve, sep} from 'node:path';
import {isUtf8} from 'node:buffer';
import {GembatchError} from '../../../domain/errors.js';
import {isTextFile, mediaTypeOf} from '../../../domain/prepare/sources/media-type.js';
import {readWhole} from '../../request-file/read-chunks.js';
import {fileError} from '../file-error.js';
import {inlinePart} from './inline-part.js';
import type {ReadOptions, Source, SourceRow} from './source.js';

/** A file that becomes a request. */
export interface NamedFile {
  /** As it was named, or as its folder was with its name. */
  readonly name: string;
  readonly path: string;
}

/** Files that are read, in the order of their names, and how many were left out. */
export interface FileList {
  readonly files: readonly NamedFile[];
  /** Endings of what can become no request, with how many have them. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * The files of a folder, not those of folders in it, that can become requests.
 *
 * @throws what the file system says.
 */
export async function filesOfFolder(name: string, cwd: string): Promise<FileList> {
  const entries = await readdir(resolve(cwd, name), {withFileTypes: true});
  const naturalOrder = new Intl.Collator('en', {numeric: true});
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort(naturalOrder.compare);
  const leftOut = new Map<string, number>();
  const files: NamedFile[] = [];
  for (const file of names) {
    if (isTextFile(file) || mediaTypeOf(file) !== undefined) {
      files.push({name: join(name, file), path: resolve(cwd, name, file)});
    } else {
      const ending = /\.[^.]+$/u.exec(file)?.[0] ?? file;
      leftOut.set(ending, (leftOut.get(ending) ?? 0) + 1);
    }
  }
  return {files, leftOut};
}

/**
 * Opens files as a source with one row for each: `path`, `name`, and `text` of a text. The media of the others goes beside the
 * prompt.
 *
 * @param name - what messages call all of them.
 */
export async function openFiles(
  name: string,
  {files, leftOut}: FileList,
  options: ReadOptions,
): Promise<Source> {
  const hasText = files.some(({path}) => isTextFile(path) || mediaTypeOf(path) === undefined);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const folder = commonFolder(files);
  const sizes = await Promise.all(files.map((file) => sizeOf(file)));
  return {
    name,
    path: folder,
    form: 'files',
    notes: notesOn(name, leftOut),
    dialect: {},
    columns: ['path', 'name', ...(hasText ? ['text'] : [])],
    sample: [],
    totalBytes: sizes.reduce((sum, size) => sum + size, 0),
    batches: async function* () {
      for (const [index, file] of files.entries()) {
        options.signal.throwIfAborted();
        const bytes = await read(file);
        sizeBytes += bytes.length;
        hash.update(`${relative(folder, file.path)}\0${createHash('sha256').update(bytes).digest('hex')}\n`);
        options.onBytes(bytes.length);
        yield [rowOf(file, index + 1, bytes, folder)];
      }
    },
    placeOf: (at) => files[at - 1]?.name ?? name,
    fingerprint: () => ({size_bytes: sizeBytes, sha256: hash.copy().digest('hex')}),
  };
}

function rowOf(file: NamedFile, at: number, bytes: Buffer, folder: string): SourceRow {
  const path = relative(folder, file.path).split(sep).join('/');
  const values = {path, name: basename(file.path)};
  const mediaType = mediaTypeOf(file.path);
  if (mediaType !== undefined) {
    return {at, values: {...values, text: ''}, media: inlinePart(bytes, mediaType, file.name)};
  }
  if (!isUtf8(bytes)) {
    throw new GembatchError('FILE_INVALID', `${file.name} is not UTF-8 text. Nothing was written.`, {
      suggestions: ['Save it as UTF-8, or leave it out.'],
    });
  }
  return {at, values: {...values, text: bytes.toString('utf8').replace(/^\uFEFF/u, '')}};
}

async function read({name, path}: NamedFile): Promise<Buffer> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw fileError(name, error);
  }
}

async function sizeOf({name, path}: NamedFile): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw fileError(name, error);
  }
}

function commonFolder(files: readonly NamedFile[]): string {
  const [first = '.', ...others] = files.map(({path}) => dirname(path));
  let folder = first;
  while (
    others.some(
      (other) => other !== folder && !other.startsWith(folder.endsWith(sep) ? folder : folder + sep),
    )
  ) {
    folder = dirname(folder);
  }
  return folder;
}

function notesOn(name: string, leftOut: FileList['leftOut']): readonly string[] {
  if (leftOut.size === 0) return [];
  const count = [...leftOut.values()].reduce((sum, n) => sum + n, 0);
  const endings = [...leftOut.keys()].slice(0, 5).join(', ');
  return [
    `${name}: left out ${count} ${count === 1 ? 'file' : 'files'} that can be no request (${endings}).`,
  ];
}
