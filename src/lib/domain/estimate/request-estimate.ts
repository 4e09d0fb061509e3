import {fieldOf, isObject, isText, type JsonObject} from '../json/json-object.js';
import {mediaTokens, type MediaResolution} from './media-tokens.js';
import {addRanges, NOTHING, type Range} from './range.js';
import {textTokens} from './text-tokens.js';

/** What one request will use, as far as its bytes tell. */
export interface RequestEstimate {
  readonly inputTokens: Range;
  /** Input by modality, the likely number. */
  readonly byModality: Readonly<Record<string, number>>;
  readonly outputTokens: Range;
  /** Those of them that may be images. */
  readonly imageTokens: Range;
  /** Searches that the service bills by the query. */
  readonly searches: Range;
  /** Whether the service bills places of Google Maps: at most once. */
  readonly places: Range;
  /** Parts of which only the service knows the size: files by address, caches, unknown kinds. */
  readonly uncounted: number;
  /** Whether only the limit of the model bounds the answer. */
  readonly isUnlimited: boolean;
}

export interface ModelTraits {
  /** The most tokens that the model answers with, thoughts included; 0 for one that answers with vectors. */
  readonly maxOutputTokens: number;
  readonly isGemini2: boolean;
  /** Whether it answers with images unless a request wants something else. */
  readonly answersImages: boolean;
}

/** Weights are within a quarter of the truth on the texts of test/fixtures/corpora; these bounds leave room. */
const TEXT_LOW = 0.65;
const TEXT_HIGH = 1.6;
/** Roles and turns. */
const TOKENS_PER_TURN = 4;

/** An answer of some paragraphs. It is a guess: past rows of the same model are the better guide. */
const LIKELY_ANSWER = 500;
/** An image of 1K or 2K, and one of 4K: https://ai.google.dev/gemini-api/docs/pricing#gemini-3-pro-image. */
const IMAGE = 1120;
const LARGE_IMAGE = 2000;
/** What an answer says besides. */
const LIKELY_CAPTION = 100;
/** What a model that thinks by default is likely to think. */
const LIKELY_THOUGHTS = 1000;

/**
 * Searches a grounded request: in a bill that was compared with its rows, 2.6 a row showed and 12.5 were billed
 * (https://github.com/edwinhu/workflows, skills/gemini-batch/references/gotchas.md).
 */
const SEARCHES: Range = {low: 0, likely: 3, high: 13};

const SEARCH_TOOLS = ['googleSearch', 'google_search', 'googleSearchRetrieval', 'google_search_retrieval'];

/** https://ai.google.dev/gemini-api/docs/maps-grounding */
const PLACES: Range = {low: 0, likely: 1, high: 1};
const MAPS_TOOLS = ['googleMaps', 'google_maps'];

/** What one request of a request file is likely to use. `request` is the parsed member of that name. */
export function estimateRequest(request: JsonObject, model: ModelTraits): RequestEstimate {
  const input = inputOf(request, model);
  return {
    ...input,
    ...outputOf(request, model),
    isUnlimited: model.maxOutputTokens > 0 && outputLimitOf(request) === undefined,
    searches: hasTool(request, SEARCH_TOOLS) ? SEARCHES : NOTHING,
    places: hasTool(request, MAPS_TOOLS) ? PLACES : NOTHING,
  };
}

function inputOf(
  request: JsonObject,
  {isGemini2}: ModelTraits,
): Pick<RequestEstimate, 'inputTokens' | 'byModality' | 'uncounted'> {
  const config = configOf(request);
  const resolution = resolutionOf(fieldOf(config, 'mediaResolution') ?? fieldOf(config, 'media_resolution'));
  let text = 0;
  let media: Range = NOTHING;
  let uncounted = isText(request['cachedContent'] ?? request['cached_content']) ? 1 : 0;
  const byModality: Record<string, number> = {};

  const contents = turnsOf(request);
  for (const part of contents.flatMap(partsOf)) {
    const inline = fieldOf(part, 'inlineData') ?? fieldOf(part, 'inline_data');
    const file = fieldOf(part, 'fileData') ?? fieldOf(part, 'file_data');
    if (isObject(inline)) {
      const named = inline['mimeType'] ?? inline['mime_type'];
      const mimeType = isText(named) ? named : '';
      const data = isText(inline['data']) ? inline['data'] : '';
      if (mimeType.startsWith('text/')) {
        text += textTokens(Buffer.from(data, 'base64').toString('utf8'));
        continue;
      }
      const counted = mediaTokens({mimeType, data}, {isGemini2, resolution});
      if (counted === undefined) uncounted += 1;
      else {
        media = addRanges(media, counted.tokens);
        byModality[counted.modality] = (byModality[counted.modality] ?? 0) + counted.tokens.likely;
      }
    } else if (isObject(file)) {
      uncounted += 1;
    } else {
      const words = fieldOf(part, 'text');
      text += textTokens(isText(words) ? words : JSON.stringify(part));
    }
  }
  for (const tool of [
    request['tools'],
    fieldOf(config, 'responseSchema'),
    fieldOf(config, 'responseJsonSchema'),
  ]) {
    if (tool !== undefined && tool !== null) text += textTokens(JSON.stringify(tool));
  }
  text += contents.length * TOKENS_PER_TURN;
  byModality['text'] = text;
  const textRange = {low: text * TEXT_LOW, likely: text, high: text * TEXT_HIGH};
  return {inputTokens: addRanges(textRange, media), byModality, uncounted};
}

function outputOf(
  request: JsonObject,
  {maxOutputTokens, answersImages}: ModelTraits,
): Pick<RequestEstimate, 'outputTokens' | 'imageTokens'> {
  if (maxOutputTokens === 0) return {outputTokens: NOTHING, imageTokens: NOTHING};
  const config = configOf(request);
  const candidates = numberOf(fieldOf(config, 'candidateCount') ?? fieldOf(config, 'candidate_count')) ?? 1;
  const limit = Math.min(maxOutputTokens, outputLimitOf(request) ?? maxOutputTokens);
  if (wantsImages(config) ?? answersImages) {
    // An image has its tokens whatever the limit says.
    const high = Math.max(limit, LARGE_IMAGE) * candidates;
    const likely = Math.min(high, (IMAGE + LIKELY_CAPTION) * candidates);
    const imageTokens = {low: 0, likely: Math.min(likely, IMAGE * candidates), high};
    return {outputTokens: {low: 1, likely, high}, imageTokens};
  }
  const thinking = fieldOf(config, 'thinkingConfig') ?? fieldOf(config, 'thinking_config');
  const budget = numberOf(fieldOf(thinking, 'thinkingBudget') ?? fieldOf(thinking, 'thinking_budget'));
  const high = limit * candidates;
  const thoughts = budget !== undefined && budget >= 0 ? Math.min(budget, LIKELY_THOUGHTS) : LIKELY_THOUGHTS;
  const likely = Math.min(high, (LIKELY_ANSWER + thoughts) * candidates);
  return {outputTokens: {low: Math.min(1, high), likely, high}, imageTokens: NOTHING};
}

/** Undefined where the request does not say. */
function wantsImages(config: unknown): boolean | undefined {
  const modalities = fieldOf(config, 'responseModalities') ?? fieldOf(config, 'response_modalities');
  if (!Array.isArray(modalities) || modalities.length === 0) return undefined;
  return modalities.some((modality) => String(modality).toUpperCase() === 'IMAGE');
}

function outputLimitOf(request: JsonObject): number | undefined {
  const config = configOf(request);
  return numberOf(fieldOf(config, 'maxOutputTokens') ?? fieldOf(config, 'max_output_tokens'));
}

function turnsOf(request: JsonObject): readonly unknown[] {
  const contents = request['contents'] ?? request['content'];
  const system = request['systemInstruction'] ?? request['system_instruction'];
  return [...(Array.isArray(contents) ? contents : [contents]), system].filter((turn) => isObject(turn));
}

function partsOf(turn: unknown): readonly unknown[] {
  const parts = fieldOf(turn, 'parts');
  return (Array.isArray(parts) ? parts : [parts]).filter(isObject);
}

function configOf(request: JsonObject): unknown {
  return request['generationConfig'] ?? request['generation_config'];
}

function hasTool({tools}: JsonObject, names: readonly string[]): boolean {
  return Array.isArray(tools) && tools.some((tool) => isObject(tool) && names.some((name) => name in tool));
}

function resolutionOf(value: unknown): MediaResolution {
  const name = typeof value === 'string' ? value.replace(/^MEDIA_RESOLUTION_/u, '') : '';
  return name === 'LOW' || name === 'MEDIUM' || name === 'HIGH' || name === 'ULTRA_HIGH' ? name : null;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
