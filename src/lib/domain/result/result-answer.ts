import {fieldOf, isObject, isText, type JsonObject} from '../json/json-object.js';
import {countOf} from '../price/usage.js';

/** Tokens of one row. What the service left out is null and never zero: unknown is not free of charge. */
export interface Tokens {
  readonly prompt: number | null;
  readonly candidates: number | null;
  readonly thoughts: number | null;
  readonly cached: number | null;
  readonly total: number | null;
}

export interface Answer {
  /** All text that is no thought, joined; null when there is none. */
  readonly text: string | null;
  /** Whether there is anything but thoughts and empty text: text, an image, a function call, … */
  readonly hasContent: boolean;
}

/** Reads the `content` of a candidate (https://ai.google.dev/api/caching#Part). */
export function readAnswer(content: unknown): Answer {
  const parts = fieldOf(content, 'parts');
  const said = (Array.isArray(parts) ? parts : []).filter(
    (part) => isObject(part) && part['thought'] !== true,
  );
  const text = said
    .map((part) => fieldOf(part, 'text'))
    .filter(isText)
    .join('');
  return {text: text === '' ? null : text, hasContent: text !== '' || said.some(hasData)};
}

/** Fields of a part that describe its data. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'partMetadata',
  'videoMetadata',
  'mediaResolution',
]);

/** Whether a part holds anything but text. */
export function hasData(part: unknown): boolean {
  return isObject(part) && Object.keys(part).some((name) => !ANNOTATIONS.has(name));
}

/**
 * Reads the token counts of a response: `usageMetadata`
 * (https://ai.google.dev/api/generate-content#UsageMetadata), and for an embedding its `tokenCount`.
 */
export function readTokens(response: JsonObject): Tokens {
  const usage = response['usageMetadata'];
  return {
    prompt: countOf(fieldOf(usage, 'promptTokenCount') ?? response['tokenCount']),
    candidates: countOf(fieldOf(usage, 'candidatesTokenCount')),
    thoughts: countOf(fieldOf(usage, 'thoughtsTokenCount')),
    cached: countOf(fieldOf(usage, 'cachedContentTokenCount')),
    total: countOf(fieldOf(usage, 'totalTokenCount')),
  };
}
