import {isAbsolute, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import type {ManifestSource, PrepareManifest} from '../../../domain/prepare/prepare-manifest.js';
import {fileError} from '../../prepare/file-error.js';
import {openSources} from '../../prepare/sources/open-sources.js';
import type {Source} from '../../prepare/sources/source.js';
import {keyInColumn} from '../../prepare/template/key-maker.js';
import {checkColumn} from '../../prepare/template/prompt-maker.js';
import {openRecipe, recipeAsBefore} from '../../prepare/template/request-recipe.js';
import {NewestRequests} from './newest-requests.js';
import {preparedFolders, type PreparedFolder} from './prepared-files.js';
import {RowSources, type RequestOrigin} from './row-sources.js';
import {SourceRows} from './source-rows.js';

/** Where the rows of the requests come from. */
export interface RowSourcesInput {
  /** The table that they were made of, as it is named; what the prepare manifests say when undefined. */
  readonly source: string | undefined;
  /** Its column with the request keys; by the manifest when undefined. */
  readonly keyColumn: string | undefined;
  readonly cwd: string;
  /** Folder with room for all rows once more. */
  readonly spillFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Reads the sources of request files: those that the prepare manifests beside them name, or the one that is named. A source that is
 * not there any more, or cannot be read, keeps its error; where one that is named has an error, it is thrown.
 *
 * @param paths - absolute paths of the request files.
 * @throws GembatchError USAGE, FILE_* for what is named; STORAGE, INTERRUPTED.
 */
export async function openRowSources(paths: readonly string[], input: RowSourcesInput): Promise<RowSources> {
  if (input.keyColumn !== undefined && input.source === undefined) {
    throw new GembatchError('USAGE', '--key names a column of --source, which is not given.', {
      suggestions: ['Name the table that the requests were made of: --source FILE'],
    });
  }
  const {folders, unreadable} = await preparedFolders(paths);
  const origins: RequestOrigin[] = [];
  const opened: SourceRows[] = [];
  try {
    const named = input.keyColumn === undefined ? undefined : await readNamed(input, input.keyColumn);
    if (named !== undefined) opened.push(named.rows);
    if (input.source !== undefined && named === undefined && folders.length !== 1)
      throw needsKey(input.source, folders);
    for (const folder of folders) {
      const newest = await NewestRequests.read(folder);
      const read = named ?? (await readPrepared(folder, input));
      if (read.rows !== undefined && read !== named) opened.push(read.rows);
      origins.push({...read, newest, paths: new Set(folder.ages.keys())});
    }
    const others = paths.filter((path) => !origins.some((origin) => origin.paths.has(path)));
    if (named !== undefined && others.length > 0) origins.push({...named, paths: new Set(others)});
    if (named === undefined) origins.push(...[...unreadable].map(withoutManifest));
    return new RowSources(origins);
  } catch (error) {
    for (const rows of opened) rows.close();
    throw error;
  }
}

function withoutManifest([folder, error]: readonly [string, GembatchError]): RequestOrigin {
  return {paths: new Set(), files: [folder], keyColumn: undefined, isChanged: false, error};
}

type ReadSource = Omit<RequestOrigin, 'paths' | 'newest'>;

/** A table of which only the key column is known. */
async function readNamed(
  {source: name, cwd, spillFolder, signal}: RowSourcesInput,
  keyColumn: string,
): Promise<ReadSource & {readonly rows: SourceRows}> {
  const sources = await openSources([name ?? ''], {
    cwd,
    from: undefined,
    encoding: undefined,
    signal,
    onBytes: () => undefined,
  });
  for (const source of sources) checkColumn(source, '--key', keyColumn);
  const rows = await SourceRows.read(
    sources,
    (source, row) => ({key: keyInColumn(keyColumn, row.values, () => source.placeOf(row.at))}),
    spillFolder,
  );
  return {files: [name ?? ''], sourcePaths: pathsOf(sources), keyColumn, rows, isChanged: false};
}

async function readPrepared(folder: PreparedFolder, input: RowSourcesInput): Promise<ReadSource> {
  const {manifest} = folder;
  const {form} = manifest.sources[0] ?? {};
  const keyColumn = manifest.recipe.key_column ?? undefined;
  const files = input.source === undefined ? sourceNames(folder, input.cwd) : [input.source];
  // Whole requests are no table: their answers are joined with the requests already.
  if (form === 'openai' || form === 'requests') return {files, keyColumn, isChanged: false};
  try {
    const sources = await openAgain(folder, input);
    const {make} = await openRecipe(
      sources,
      recipeAsBefore(manifest.recipe, recipeInput(folder.folder)),
      input.signal,
    );
    const rows = await SourceRows.read(sources, make, input.spillFolder);
    return {files, sourcePaths: pathsOf(sources), keyColumn, rows, isChanged: haveChanged(sources, manifest)};
  } catch (cause) {
    const error = fileError(files.join(', '), cause);
    const isOfSource =
      error instanceof GembatchError && error.code !== 'INTERRUPTED' && error.code !== 'STORAGE';
    if (!isOfSource || input.source !== undefined) throw error;
    return {files, keyColumn, isChanged: false, error};
  }
}

async function openAgain(
  {folder, manifest}: PreparedFolder,
  input: RowSourcesInput,
): Promise<readonly Source[]> {
  const {signal} = input;
  const [first] = manifest.sources;
  const options = {signal, onBytes: () => undefined, from: first?.form};
  if (input.source !== undefined) {
    return openSources([input.source], {...options, cwd: input.cwd, encoding: first?.encoding});
  }
  const opened: Source[] = [];
  for (const source of manifest.sources) {
    const {form: from, encoding} = source;
    opened.push(
      ...(await openSources(source.named ?? [source.path], {...options, cwd: folder, from, encoding})),
    );
  }
  return opened;
}

/** Without a prompt of its own: the earlier recipe applies. */
function recipeInput(cwd: string): Parameters<typeof recipeAsBefore>[1] {
  return {
    cwd,
    model: undefined,
    keyColumn: undefined,
    prompt: {},
    system: {},
    attach: [],
    schema: undefined,
    config: undefined,
  };
}

function pathsOf(sources: readonly Source[]): readonly string[] {
  return sources.map(({path}) => path);
}

function haveChanged(sources: readonly Source[], manifest: PrepareManifest): boolean {
  return sources.some((source, i) => source.fingerprint().sha256 !== manifest.sources[i]?.sha256);
}

function sourceNames({folder, manifest}: PreparedFolder, cwd: string): readonly string[] {
  return manifest.sources.map(({path}: ManifestSource) => {
    const absolute = resolve(folder, path);
    const name = relative(cwd, absolute);
    return name.startsWith(`..${sep}`) || isAbsolute(name) ? absolute : name;
  });
}

function needsKey(name: string, folders: readonly PreparedFolder[]): GembatchError {
  const why =
    folders.length === 0
      ? 'No prepare manifest is beside the request files'
      : 'The request files were prepared in several folders';
  return new GembatchError(
    'USAGE',
    `${why}, so it is unclear which row of ${name} belongs to which request.`,
    {
      suggestions: ['Name its column with the request keys: --key COLUMN'],
    },
  );
}
