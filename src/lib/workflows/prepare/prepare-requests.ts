/** Makes request files from a table, a folder or the lines of another format: `gembatch prepare`. */
import {join, resolve} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {exitCodeOf, exitCodeWithRest} from '../../domain/outcome.js';
import {
  MANIFEST_NAME,
  MANIFEST_VERSION,
  type ManifestFile,
  type ManifestSource,
  type PrepareManifest,
} from '../../domain/prepare/prepare-manifest.js';
import type {CreateFile} from '../poll/poll-run.js';
import {goneKeys, noteEarlier} from './request-files/earlier-files.js';
import {PreparedKeys} from './template/key-maker.js';
import {openPreparation, pathFrom, type Preparation, type PreparationInput} from './open-preparation.js';
import type {PrepareProgress, PrepareReport} from './prepare-report.js';
import {RequestFileWriter, type WriterOptions} from './request-files/request-file-writer.js';
import {MAX_KEYS_NAMED, RowPass, type TakeLine} from './request-files/row-pass.js';
import type {Source} from './sources/source.js';

/** What is to be prepared. */
export interface PrepareInput extends Omit<PreparationInput, 'onBytes'> {
  /** Rows with an empty prompt are left out, and counted. */
  readonly skipsEmpty: boolean;
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** How many requests are only shown. */
  readonly preview: number | undefined;
  /**
   * What becomes of a source or a recipe that is another than before: an error (`fail`), nothing (`skip`), or new request
   * files (`submit`). Rows that have changed are then left out and counted, or make new requests.
   */
  readonly ifChanged: 'fail' | 'skip' | 'submit';
}

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
  const opened = await openPreparation({...input, onBytes: (more) => (bytes += more)});
  const {sources, recipe, otherWork} = opened;
  const keys = new PreparedKeys(sources);
  const pass = new RowPass(recipe, keys, {...input, makesChanged: input.ifChanged === 'submit'});
  const totalBytes = sources.reduce((sum, source) => sum + source.totalBytes, 0);
  const passOver = (take: TakeLine): Promise<void> =>
    pass.eachNewLine(sources, take, () => deps.report({rows: pass.rows, bytes, totalBytes}));
  if (input.preview !== undefined) {
    const preview = await firstLines(passOver, input.preview);
    return {...reportOf(opened, pass, input), output: null, preview};
  }
  if (otherWork !== undefined && input.ifChanged === 'fail') throw isOtherWork(opened.folder, otherWork);
  if (otherWork !== undefined && input.ifChanged === 'skip') return reportOf(opened, pass, input);
  const place = otherWork === undefined ? opened : {...opened, folder: otherWork.freeFolder, earlier: []};
  await noteEarlier(place.folder, place.earlier, keys);
  const made = await makeFiles(deps, passOver, {place, input});
  const gone = keys.goneCount === 0 ? [] : await goneKeys(place.folder, place.earlier, keys, MAX_KEYS_NAMED);
  return {...reportOf(place, pass, input, made), gone: {count: keys.goneCount, keys: gone}};
}

type PassOver = (take: TakeLine) => Promise<void>;

async function firstLines(passOver: PassOver, count: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await passOver((line) => lines.push(Buffer.from(line).toString('utf8').trimEnd()) < count);
  return lines;
}

async function makeFiles(
  deps: PrepareDeps,
  passOver: PassOver,
  {place, input}: {readonly place: Preparation; readonly input: PrepareInput},
): Promise<readonly ManifestFile[]> {
  const {folder, stem, earlier, sources, recipe} = place;
  const made = await writeLines(deps, passOver, {...input, folder, stem, first: earlier.length + 1});
  if (earlier.length + made.length === 0) throw noRequest(sources);
  await writeManifest(deps, folder, {
    version: MANIFEST_VERSION,
    sources: manifestSources(place, input),
    recipe: recipe.facts,
    files: [...earlier, ...made],
  });
  return made;
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
  {sources, recipe, folder, earlier}: Preparation,
  pass: RowPass,
  {ifChanged}: PrepareInput,
  made: readonly ManifestFile[] = [],
): PrepareReport {
  const hasAllRows = pass.changedCount === 0 || ifChanged !== 'fail';
  return {
    sources: sources.map(({name, form}) => ({file: name, form})),
    output: folder,
    rows: pass.rows,
    new_requests: pass.newRequests,
    unchanged: pass.unchanged,
    changed: {count: pass.changedCount, keys: pass.changedKeys, made_anew: ifChanged === 'submit'},
    gone: {count: 0, keys: []},
    skipped_empty: pass.skippedEmpty,
    files: [
      ...earlier.map((file) => ({...file, is_new: false})),
      ...made.map((file) => ({...file, is_new: true})),
    ],
    notes: [...sources.flatMap((source) => source.notes), ...recipe.notes],
    exit_code: exitCodeWithRest(exitCodeOf([]), hasAllRows ? undefined : 'partial'),
  };
}

function manifestSources(
  {sources, paths, folder}: Preparation,
  {sources: named, cwd}: PrepareInput,
): readonly ManifestSource[] {
  return sources.map(({form, columns, dialect, fingerprint}, i) => ({
    path: paths[i] ?? '',
    ...(form === 'files' ? {named: named.map((name) => pathFrom(folder, resolve(cwd, name)) || '.')} : {}),
    form,
    ...fingerprint(),
    columns,
    ...dialect,
  }));
}

function isOtherWork(folder: string, {reason}: {readonly reason: string}): GembatchError {
  return new GembatchError(
    'RECIPE_CHANGED',
    `The request files in ${folder} ${reason}. They are untouched, and nothing was written.`,
    {suggestions: ['Choose another folder for the changed requests: -o FOLDER']},
  );
}

function noRequest(sources: readonly Source[]): GembatchError {
  const names = sources.map(({name}) => name).join(', ');
  return new GembatchError(
    'FILE_EMPTY',
    `There are no rows to make requests of in ${names}. Nothing was written.`,
    {
      suggestions: ['Put at least one row with a prompt into the source.'],
    },
  );
}
