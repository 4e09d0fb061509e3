/** The model of a submission that names none. */
export const DEFAULT_MODEL = 'gemini-2.5-flash-lite-preview-06-17';

const LATEST_ALIAS = /^models\/gemini-(?<family>[a-z]+(?:-[a-z]+)*)-latest$/u;
const VERSIONED = /^models\/gemini-\d+(?:\.\d+)?-(?<family>flash-lite|[a-z]+)(?:-.+)?$/u;
const STABLE_FLASH_LITE = /^models\/gemini-(?<version>\d+(?:\.\d+)?)-flash-lite$/u;

/** `gemini-x`, `models/gemini-x`, `publishers/google/models/gemini-x`: each part of letters, digits, `.`, `_`, `~` and `-`. */
const MODEL_NAME = /^(?:(?!\.+\/)[\w.~-]+\/)*(?!\.+$)[\w.~-]+$/u;

/** Whether a text can name a model; it becomes a part of an address, so that nothing else may. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/** The resource name of a model that a person wrote: `gemini-x` is `models/gemini-x`; a full name stays as it is. */
export function modelResourceName(model: string): string {
  return model.includes('/') ? model : `models/${model}`;
}

/** The short form of a model's resource name, as people write it: without `models/`. */
export function modelLabel(resourceName: string): string {
  return resourceName.replace(/^models\//u, '');
}

/** Whether a model makes embeddings, as the names of all say that do: https://ai.google.dev/gemini-api/docs/embeddings. */
export function isEmbeddingModel(name: string): boolean {
  return name.includes('embedding');
}

/**
 * Whether the service may call a model that was asked for by this name: the same, the version that it stands for
 * (`gemini-2.0-flash-001`), or what a `-latest` alias points at, which changes with time.
 *
 * @param wanted - resource name, `models/<id>`.
 * @param served - resource name that the service gave; undefined when it gave none.
 */
export function isServedAs(wanted: string, served: string | undefined): boolean {
  if (served === undefined || served === wanted) return true;
  if (served.startsWith(`${wanted}-`) && /^\d{3}$/u.test(served.slice(wanted.length + 1))) return true;
  const family = LATEST_ALIAS.exec(wanted)?.groups?.['family'];
  return family !== undefined && VERSIONED.exec(served)?.groups?.['family'] === family;
}

/**
 * The model that takes the place of the default one when the service no longer has it: the newest stable Flash-Lite,
 * the line that the default belongs to.
 *
 * @param names - resource names of the models that support batch jobs.
 */
export function successorOfDefault(names: readonly string[]): string | undefined {
  return names
    .filter((name) => STABLE_FLASH_LITE.test(name))
    .sort((a, b) => versionOf(a) - versionOf(b))
    .at(-1);
}

function versionOf(name: string): number {
  return Number(STABLE_FLASH_LITE.exec(name)?.groups?.['version']);
}
