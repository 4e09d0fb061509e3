/** Makes request files from a table, a folder or the lines of another format: `gembatch prepare`. */
import {basename, dirname, join, relative, resolve, sep} from 'node:path';
import {EXIT, GembatchError} from '../../domain/errors.js';
import {
  MANIFEST_NAME,
  MANIFEST_VERSION,
  type ManifestFile,
  type ManifestSource,
  type PrepareManifest,
} from '../../domain/prepare/prepare-manifest.js';
import type {CreateFile} from '../poll/poll-run.js';
import {checkSameWork, goneKeys, noteEarlier, readManifest} from './earlier-files.js';
import {PreparedKeys} from './key-maker.js';
import {openSources} from './open-sources.js';
import type {PrepareProgress, PrepareReport} from './prepare-report.js';
import {RequestFileWriter, type WriterOptions} from './request-file-writer.js';
import {openRecipe, type RecipeInput} from './request-recipe.js';
import {MAX_KEYS_NAMED, RowPass, type TakeLine} from './row-pass.js';
import type {ReadOptions, Source} from './source.js';

/** What is to be prepared. */
export interface PrepareInput extends Pick<ReadOptions, 'cwd' | 'from' | 'encoding' | 'signal'> {
  readonly sources: readonly string[];
  readonly recipe: RecipeInput;
  /** Rows with an empty prompt are left out, and counted. */
  readonly skipsEmpty: boolean;
  /** Folder of the request files; beside the source when undefined. */
  readonly output: string | undefined;
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** How many requests are only shown. */
  readonly preview: number | undefined;
}

/** What it needs from the outside. */
export interface PrepareDeps {
  readonly createFile: CreateFile;
  /** Takes each step of progress; must not throw. */
  readonly report: (progress: PrepareProgress) => void;
}

/**
 * Makes the request files of a source, and the manifest beside them. Run again, rows whose request is there are left
 * alone, and new ones go into new files. Until all rows are known to be good, nothing is in place.
 *
 * @throws GembatchError FILE_* and USAGE for what cannot be prepared, with its place; STORAGE, INTERRUPTED.
 */
export async function prepareRequests(deps: PrepareDeps, input: PrepareInput): Promise<PrepareReport> {
  let bytes = 0;
  const sources = await openSources(input.sources, {...input, onBytes: (more) => (bytes += more)});
  const recipe = await openRecipe(sources, input.recipe);
  const folder = resolve(input.cwd, input.output ?? defaultFolder(sources));
  const keys = new PreparedKeys(sources);
  const pass = new RowPass(recipe, keys, input);
  const totalBytes = sources.reduce((sum, source) => sum + source.totalBytes, 0);
  const passOver = (take: TakeLine): Promise<void> =>
    pass.eachNewLine(sources, take, () => deps.report({rows: pass.rows, bytes, totalBytes}));
  if (input.preview !== undefined) {
    const preview = await firstLines(passOver, input.preview);
    return {...reportOf(sources, pass, recipe.notes), output: null, preview};
  }

  const old = await readManifest(folder);
  const earlier = old?.files ?? [];
  const paths = sources.map(({path}) => relative(folder, path).split(sep).join('/'));
  if (old !== undefined) checkSameWork(folder, old, {recipe: recipe.facts, paths});
  await noteEarlier(folder, earlier, keys);
  const made = await writeLines(deps, passOver, {
    ...input,
    folder,
    first: earlier.length + 1,
    stem: stemOf(sources),
  });
  if (earlier.length + made.length === 0) throw noRequest(sources);
  await writeManifest(deps, folder, {
    version: MANIFEST_VERSION,
    sources: manifestSources(sources, paths),
    recipe: recipe.facts,
    files: [...earlier, ...made],
  });
  const gone = keys.goneCount === 0 ? [] : await goneKeys(folder, earlier, keys, MAX_KEYS_NAMED);
  return {
    ...reportOf(sources, pass, recipe.notes),
    output: folder,
    gone: {count: keys.goneCount, keys: gone},
    files: [
      ...earlier.map((file) => ({...file, is_new: false})),
      ...made.map((file) => ({...file, is_new: true})),
    ],
  };
}

type PassOver = (take: TakeLine) => Promise<void>;

async function firstLines(passOver: PassOver, count: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await passOver((line) => lines.push(Buffer.from(line).toString('utf8').trimEnd()) < count);
  return lines;
}

async function writeLines(
  {createFile}: PrepareDeps,
  passOver: PassOver,
  options: WriterOptions & {readonly signal: AbortSignal},
): Promise<readonly ManifestFile[]> {
  const writer = new RequestFileWriter(createFile, options);
  try {
    await passOver((line) => writer.add(line));
    options.signal.throwIfAborted();
    return await writer.commit();
  } finally {
    await writer.discard();
  }
}

async function writeManifest(
  {createFile}: PrepareDeps,
  folder: string,
  manifest: PrepareManifest,
): Promise<void> {
  const file = await createFile(join(folder, MANIFEST_NAME), {overwrite: true});
  try {
    await file.append(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.commit();
  } finally {
    await file.discard();
  }
}

function reportOf(
  sources: readonly Source[],
  pass: RowPass,
  notes: readonly string[],
): Omit<PrepareReport, 'output' | 'preview'> {
  return {
    sources: sources.map(({name, form}) => ({file: name, form})),
    rows: pass.rows,
    new_requests: pass.newRequests,
    unchanged: pass.unchanged,
    changed: {count: pass.changedCount, keys: pass.changedKeys},
    gone: {count: 0, keys: []},
    skipped_empty: pass.skippedEmpty,
    files: [],
    notes: [...sources.flatMap((source) => source.notes), ...notes],
    exit_code: pass.changedCount === 0 ? EXIT.ok : EXIT.partial,
  };
}

function manifestSources(sources: readonly Source[], paths: readonly string[]): readonly ManifestSource[] {
  return sources.map(({form, columns, dialect, fingerprint}, i) => ({
    path: paths[i] ?? '',
    form,
    ...fingerprint(),
    columns,
    ...dialect,
  }));
}

/** Beside the source, with its name: `reviews` for `reviews.csv`, `scans-requests` for the folder `scans`. */
function defaultFolder(sources: readonly Source[]): string {
  const [source] = sources;
  if (source === undefined) return '.';
  const stem = stemOf(sources);
  return join(dirname(source.path), source.form === 'files' ? `${stem}-requests` : stem);
}

function stemOf([source]: readonly Source[]): string {
  const name = basename(source?.path ?? '');
  const stem = source?.form === 'files' ? name : name.replace(/(?<=.)\.[^.]+$/u, '');
  return stem === '' ? 'requests' : stem;
}

function noRequest(sources: readonly Source[]): GembatchError {
  const names = sources.map(({name}) => name).join(', ');
  return new GembatchError('FILE_EMPTY', `${names}: has no rows to make requests of. Nothing was written.`, {
    suggestions: ['Put at least one row with a prompt into the source.'],
  });
}
