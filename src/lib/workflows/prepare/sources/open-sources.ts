import {stat} from 'node:fs/promises';
import {GembatchError} from '../../../domain/errors.js';
import {recogniseForm, SOURCE_FORMS, type SourceForm} from '../../../domain/prepare/sources/source-form.js';
import {collectInputs} from '../../submit/collect-inputs.js';
import {fileError} from '../file-error.js';
import type {TableFile} from './read-csv.js';
import type {FileList, NamedFile} from './read-files.js';
import type {ReadOptions, Source} from './source.js';
import {readHead} from './source-bytes.js';

/**
 * Opens what was named, in its order: tables one by one, files and folders together.
 *
 * @throws GembatchError FILE_* and USAGE when something cannot be read, or it is unclear what it is.
 */
export async function openSources(
  names: readonly string[],
  options: ReadOptions,
): Promise<readonly Source[]> {
  const inputs = await collectInputs(names, {cwd: options.cwd, identify: (path) => path});
  const tables: Source[] = [];
  const lists: FileList[] = [];
  for (const input of inputs) {
    const opened = await openInput(input, options);
    if ('files' in opened) lists.push(opened);
    else tables.push(opened);
  }
  if (lists.length === 0) return checkedAlike(tables);
  if (tables.length > 0) throw mixed(tables[0]?.name ?? '', inputs[0]?.name ?? '');
  return [await openFileSource(names, lists, options)];
}

async function openInput({name, path}: NamedFile, options: ReadOptions): Promise<Source | FileList> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      const {filesOfFolder} = await import('./read-files.js');
      return await filesOfFolder(name, options.cwd);
    }
    const head = await readHead(path);
    const form = options.from ?? recogniseForm(name, head);
    if (form === undefined) throw unknownForm(name);
    if (form === 'files') return {files: [{name, path}], leftOut: new Map()};
    return await openTable({name, path, sizeBytes: stats.size, head}, form, options);
  } catch (error) {
    throw fileError(name, error);
  }
}

async function openTable(
  file: TableFile,
  form: Exclude<SourceForm, 'files'>,
  options: ReadOptions,
): Promise<Source> {
  if (form === 'csv' || form === 'tsv') {
    const {openCsv} = await import('./read-csv.js');
    return openCsv(file, form, options);
  }
  if (form === 'parquet') {
    const {openParquet} = await import('./read-parquet.js');
    return openParquet(file, options);
  }
  const {openJson} = await import('./read-json.js');
  return openJson(file, form, options);
}

async function openFileSource(
  names: readonly string[],
  lists: readonly FileList[],
  options: ReadOptions,
): Promise<Source> {
  const leftOut = new Map<string, number>();
  for (const list of lists) {
    for (const [ending, count] of list.leftOut) leftOut.set(ending, (leftOut.get(ending) ?? 0) + count);
  }
  const name = names.length === 1 ? (names[0] ?? '') : `${names[0] ?? ''} and others`;
  const files = lists.flatMap((list) => list.files);
  if (files.length === 0) {
    throw new GembatchError(
      'FILE_EMPTY',
      `${name} has no text, PDF, image or audio file. Nothing was written.`,
      {
        suggestions: [
          'Folders in it are not looked into; name them with a pattern such as "folder/**/*.pdf".',
        ],
      },
    );
  }
  const {openFiles} = await import('./read-files.js');
  return openFiles(name, {files, leftOut}, options);
}

/** Lines of another format bring their own requests; a table needs a prompt. */
function checkedAlike(sources: readonly Source[]): readonly Source[] {
  const kindOf = ({form}: Source): string => (form === 'openai' || form === 'requests' ? form : 'table');
  const [first] = sources;
  const other = sources.find((source) => first !== undefined && kindOf(source) !== kindOf(first));
  if (first !== undefined && other !== undefined) throw mixed(first.name, other.name);
  return sources;
}

function mixed(one: string, other: string): GembatchError {
  return new GembatchError(
    'USAGE',
    `${one} and ${other} are of different kinds and cannot be prepared together.`,
    {
      suggestions: ['Prepare them one after the other, each into a folder of its own.'],
    },
  );
}

function unknownForm(name: string): GembatchError {
  return new GembatchError('USAGE', `Cannot tell what ${name} holds from its name or first bytes.`, {
    suggestions: [`Say what it is: --from ${SOURCE_FORMS.join('|')}`],
  });
}
