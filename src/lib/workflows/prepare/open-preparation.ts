import {statSync} from 'node:fs';
import {basename, dirname, join, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {
  recipeDifference,
  type ManifestFile,
  type PrepareManifest,
} from '../../domain/prepare/prepare-manifest.js';
import {readManifest} from './request-files/earlier-files.js';
import {openSources} from './sources/open-sources.js';
import {
  openRecipe,
  recipeAsBefore,
  saysRecipe,
  type RecipeInput,
  type RequestRecipe,
} from './template/request-recipe.js';
import type {ReadOptions, Source} from './sources/source.js';

/** What is to be prepared, and where its request files go. */
export interface PreparationInput extends ReadOptions {
  readonly sources: readonly string[];
  readonly recipe: RecipeInput;
  /** Folder of the request files; beside the source when undefined. */
  readonly output: string | undefined;
}

/** Sources that can be read, what is made of them, and what was made of them before. */
export interface Preparation {
  readonly sources: readonly Source[];
  /** Their paths from the folder, with slashes. */
  readonly paths: readonly string[];
  readonly recipe: RequestRecipe;
  readonly folder: string;
  readonly stem: string;
  /** The files that earlier runs made in the folder. */
  readonly earlier: readonly ManifestFile[];
  /** Set when they are of other work: why, in words that follow the folder, and another folder that is free. */
  readonly otherWork?: {readonly reason: string; readonly freeFolder: string};
}

/** A folder with request files. */
interface MadeFolder {
  readonly folder: string;
  readonly manifest: PrepareManifest;
}

/**
 * Opens sources and finds the folder of their request files: without `output` that is `reviews` beside `reviews.csv`, or
 * `reviews-2`, … where changed work of the same source was made. Without flags that say what to ask, it asks what was asked last.
 *
 * @throws GembatchError FILE_* and USAGE for what cannot be prepared.
 */
export async function openPreparation(input: PreparationInput): Promise<Preparation> {
  const sources = await openSources(input.sources, input);
  const stem = stemOf(sources);
  const first = resolve(input.cwd, input.output ?? defaultFolder(sources, stem, input.cwd));
  refuseFile(first);
  const {made, freeFolder} = await madeFolders(first, input.output === undefined);
  const pathsFrom = (folder: string): readonly string[] => sources.map(({path}) => pathFrom(folder, path));
  const ofSources = made.filter(({folder, manifest}) => isMadeFrom(manifest, pathsFrom(folder)));
  const last = ofSources.at(-1);
  const asBefore = last === undefined || saysRecipe(input.recipe) ? undefined : last.manifest.recipe;
  const recipe = await openRecipe(
    sources,
    asBefore === undefined ? input.recipe : recipeAsBefore(asBefore, input.recipe),
    input.signal,
  );
  const place = (folder: string): Omit<Preparation, 'earlier'> => ({
    sources,
    recipe,
    stem,
    folder,
    paths: pathsFrom(folder),
  });

  const same = ofSources.find(({manifest}) => recipeDifference(manifest.recipe, recipe.facts) === undefined);
  if (same !== undefined) return {...place(same.folder), earlier: same.manifest.files};
  if (last !== undefined) {
    const reason = `were made with another ${recipeDifference(last.manifest.recipe, recipe.facts) ?? ''}`;
    return {...place(last.folder), earlier: last.manifest.files, otherWork: {reason, freeFolder}};
  }
  const [foreign] = made;
  if (input.output !== undefined && foreign !== undefined) {
    const reason = `were made from ${foreign.manifest.sources.map(({path}) => path).join(', ')}`;
    return {...place(first), earlier: foreign.manifest.files, otherWork: {reason, freeFolder}};
  }
  return {...place(freeFolder), earlier: []};
}

/** @throws GembatchError USAGE when something stands in the place of the folder that is none. */
function refuseFile(folder: string): void {
  const there = statSync(folder, {throwIfNoEntry: false});
  if (there === undefined || there.isDirectory()) return;
  throw new GembatchError('USAGE', `${folder} is not a folder, so request files cannot go there.`, {
    suggestions: ['Name a folder for the request files: -o FOLDER'],
  });
}

/** A path relative to a folder, as manifests write it. */
export function pathFrom(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

/** The folders with a manifest, in their order, and the next one that has none. */
async function madeFolders(
  first: string,
  isNumbered: boolean,
): Promise<{readonly made: readonly MadeFolder[]; readonly freeFolder: string}> {
  const made: MadeFolder[] = [];
  for (let number = 1; ; number++) {
    const folder = number === 1 ? first : `${first}-${number}`;
    const manifest = number === 1 || isNumbered ? await readManifest(folder) : undefined;
    if (manifest === undefined) return {made, freeFolder: folder};
    made.push({folder, manifest});
  }
}

function isMadeFrom({sources}: PrepareManifest, paths: readonly string[]): boolean {
  return sources.length === paths.length && sources.every(({path}, i) => path === paths[i]);
}

/** Beside the source, with its name: `reviews` for `reviews.csv`, `scans-requests` for the folder `scans`. */
function defaultFolder(sources: readonly Source[], stem: string, cwd: string): string {
  const [source] = sources;
  if (source === undefined) return '.';
  if (source.form !== 'files') return join(dirname(source.path), stem);
  const isAround = `${cwd}${sep}`.startsWith(`${source.path}${sep}`);
  return join(isAround ? cwd : dirname(source.path), `${stem}-requests`);
}

function stemOf([source]: readonly Source[]): string {
  const name = basename(source?.path ?? '');
  const stem = source?.form === 'files' ? name : name.replace(/(?<=.)\.[^.]+$/u, '');
  return stem === '' ? 'requests' : stem;
}
