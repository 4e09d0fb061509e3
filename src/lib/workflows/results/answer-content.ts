import {fieldOf, isObject, isText, type JsonObject} from '../../domain/json/json-object.js';
import {RawJson, RawReader} from '../../domain/json/raw-json.js';
import {hasData} from '../../domain/result/result-answer.js';

const BACKSLASH = 0x5c;

/** A part that holds a file. */
export interface Media {
  /** Its place in `data`, or in `thoughtData`. */
  readonly index: number;
  readonly isThought: boolean;
  readonly mimeType: string;
  /** Base64 in ASCII; valid as long as the bytes of the row. */
  readonly data: Uint8Array;
  readonly part: JsonObject;
}

/** What one candidate holds. What is not text is passed on as the service wrote it. */
export interface AnswerContent {
  /** All text that is no thought; null when there is none. */
  readonly text: string | null;
  readonly thoughts: string | null;
  /** Parts that are not text: images, audio, function calls, code and its results. */
  readonly data: readonly RawJson[];
  /** The same of thoughts. */
  readonly thoughtData: readonly RawJson[];
  /** Those of both that are images, audio or other media. */
  readonly media: readonly Media[];
  /** Searches and their sources (https://ai.google.dev/api/generate-content#GroundingMetadata). */
  readonly grounding: RawJson | undefined;
  readonly citations: RawJson | undefined;
  readonly urlContext: RawJson | undefined;
  readonly finishReason: string | null;
}

/** The values of an embedding as the service wrote them; undefined when the answer is none. */
export function readEmbedding(response: JsonObject, row: Uint8Array): RawJson | undefined {
  const values = fieldOf(response['embedding'], 'values');
  if (!Array.isArray(values)) return undefined;
  return rawOf(new RawReader(row), values, ['response', 'embedding', 'values']);
}

/** Reads all candidates of a response. */
export function readContents(response: JsonObject, row: Uint8Array): readonly AnswerContent[] {
  const {candidates} = response;
  if (!Array.isArray(candidates)) return [];
  const reader = new RawReader(row);
  return candidates.map((candidate: unknown, index) => contentOf(candidate, index, reader));
}

function contentOf(candidate: unknown, index: number, reader: RawReader): AnswerContent {
  const path = ['response', 'candidates', index];
  const given = fieldOf(fieldOf(candidate, 'content'), 'parts');
  const parts: readonly unknown[] = Array.isArray(given) ? given : [];
  const data: RawJson[] = [];
  const thoughtData: RawJson[] = [];
  const media: Media[] = [];
  for (const [at, part] of parts.entries()) {
    if (!hasData(part)) continue;
    const list = isThought(part) ? thoughtData : data;
    const pathOfPart = [...path, 'content', 'parts', at];
    const medium = mediaOf(part, list.length, (data) => digitsOf(data, reader, pathOfPart));
    if (medium !== undefined) media.push(medium);
    list.push(rawOf(reader, part, pathOfPart));
  }
  const raw = (name: string): RawJson | undefined => {
    const value = fieldOf(candidate, name);
    return value === undefined ? undefined : rawOf(reader, value, [...path, name]);
  };
  const reason = fieldOf(candidate, 'finishReason');
  return {
    text: textOf(parts.filter((part) => !isThought(part))),
    thoughts: textOf(parts.filter((part) => isThought(part))),
    data,
    thoughtData,
    media,
    grounding: raw('groundingMetadata'),
    citations: raw('citationMetadata'),
    urlContext: raw('urlContextMetadata'),
    finishReason: isText(reason) ? reason : null,
  };
}

function mediaOf(part: unknown, index: number, digits: (data: string) => Uint8Array): Media | undefined {
  const inline = fieldOf(part, 'inlineData');
  const data = fieldOf(inline, 'data');
  if (!isObject(part) || !isText(data)) return undefined;
  const type = fieldOf(inline, 'mimeType');
  return {index, isThought: isThought(part), mimeType: isText(type) ? type : '', data: digits(data), part};
}

/** Long data are not in the value of a row, but in its bytes; with escapes it is the other way round. */
function digitsOf(data: string, reader: RawReader, pathOfPart: readonly (string | number)[]): Uint8Array {
  const json = reader.bytesAt(...pathOfPart, 'inlineData', 'data');
  return json === undefined || json.includes(BACKSLASH) ? Buffer.from(data) : json.subarray(1, -1);
}

/** Where its text cannot be found, the value is written anew. */
function rawOf(reader: RawReader, value: unknown, path: readonly (string | number)[]): RawJson {
  return reader.at(...path) ?? new RawJson(JSON.stringify(value));
}

function textOf(parts: readonly unknown[]): string | null {
  const text = parts
    .map((part) => fieldOf(part, 'text'))
    .filter(isText)
    .join('');
  return text === '' ? null : text;
}

function isThought(part: unknown): boolean {
  return isObject(part) && part['thought'] === true;
}
