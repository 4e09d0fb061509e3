/** The prepare manifest: what joins a source to the request files that were made from it. */
import {GembatchError} from '../errors.js';
import {isObject, isText, type JsonObject} from '../json/json-object.js';
import type {SourceForm} from './sources/source-form.js';

/** Its name in the folder of the request files. */
export const MANIFEST_NAME = 'prepare-manifest.json';
export const MANIFEST_VERSION = 1;

/** What a request is made with: another value makes other requests. */
export interface Recipe {
  /** Null where the source brings its own keys, or the key is the hash of the request. */
  readonly key_column: string | null;
  readonly prompt: string | null;
  readonly system: string | null;
  /** The JSON Schema as it was given. */
  readonly schema: JsonObject | null;
  /** The `generationConfig` of each request, the schema included. */
  readonly generation_config: JsonObject | null;
  readonly attach: readonly string[];
  /** What is asked for; answers when it is absent. Of embeddings, `generation_config` has the other fields of the request. */
  readonly asks_for?: 'embeddings';
}

/** A source as it was when it was read last. */
export interface ManifestSource {
  /** Relative to the folder of the manifest, with slashes; absolute where there is no such way. */
  readonly path: string;
  /** Of files: what was named of them, folders and patterns, as `path`. */
  readonly named?: readonly string[];
  readonly form: SourceForm;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly columns: readonly string[];
  readonly encoding?: string;
  readonly delimiter?: string;
}

/** A request file that was made. It never changes. */
export interface ManifestFile {
  /** In the folder of the manifest. */
  readonly file: string;
  readonly requests: number;
  readonly size_bytes: number;
  readonly sha256: string;
}

export interface PrepareManifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly sources: readonly ManifestSource[];
  readonly recipe: Recipe;
  readonly files: readonly ManifestFile[];
}

/**
 * Reads a manifest.
 *
 * @param path - what messages call it.
 * @throws GembatchError FILE_INVALID when it is none, or one of a newer gembatch.
 */
export function parseManifest(text: string, path: string): PrepareManifest {
  const value = parsed(text);
  const isManifest =
    isObject(value) &&
    isListOf(value['sources'], isSource) &&
    isRecipe(value['recipe']) &&
    isListOf(value['files'], isFile);
  if (isManifest && value['version'] === MANIFEST_VERSION) return value as unknown as PrepareManifest;
  const what = isManifest ? 'was written by a newer gembatch' : 'is no prepare manifest';
  throw new GembatchError('FILE_INVALID', `${path} ${what}. Nothing was written.`, {
    suggestions: ['Choose another folder: -o FOLDER'],
  });
}

/** What of a recipe differs, in words that follow "another"; undefined when nothing does. */
export function recipeDifference(old: Recipe, now: Recipe): string | undefined {
  const differs = (name: keyof Recipe): boolean => JSON.stringify(old[name]) !== JSON.stringify(now[name]);
  if (differs('prompt')) return 'prompt';
  if (differs('system')) return 'system instruction';
  if (differs('key_column')) return 'key column';
  if (differs('schema')) return 'schema';
  if (differs('generation_config')) return 'generation configuration';
  if (differs('attach')) return 'choice of attachments';
  return differs('asks_for') ? 'kind of model' : undefined;
}

function isSource({path, form, columns, named = []}: JsonObject): boolean {
  return isText(path) && isText(form) && isListOfTexts(columns) && isListOfTexts(named);
}

function isFile({file, sha256}: JsonObject): boolean {
  return isText(file) && isText(sha256);
}

function isRecipe(recipe: unknown): boolean {
  if (!isObject(recipe)) return false;
  const {key_column: key, prompt, system, attach} = recipe;
  return isListOfTexts(attach) && [key, prompt, system].every((value) => value === null || isText(value));
}

function isListOf(list: unknown, isElement: (element: JsonObject) => boolean): boolean {
  return Array.isArray(list) && list.every((element) => isObject(element) && isElement(element));
}

function isListOfTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every(isText);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The caller reports it.
  }
}
