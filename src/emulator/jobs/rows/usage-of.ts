/** What an answer used, as its `usageMetadata` says: https://ai.google.dev/api/generate-content#UsageMetadata. */
import {field, isObject, objectAt, type Json} from '../../http/json.js';
import {configOf, instructionOf, partsOf, promptOf} from '../checks/request-check.js';
import {hasTool} from './tools.js';

/** Letters that count as one token. */
export const TOKEN_LETTERS = 4;

/** An image of a prompt, and one of 1K that is answered: https://ai.google.dev/gemini-api/docs/image-generation#pricing. */
const IMAGE_TOKENS = 1_120;

/** What a page puts into the prompt that the model reads: https://ai.google.dev/gemini-api/docs/url-context. */
const PAGE_TOKENS = 500;

/** @param isCached - whether half of the prompt comes from a cache. */
export function usageOf(
  request: Json,
  answer: {readonly text: string; readonly images: number},
  isCached: boolean,
): Json {
  const prompt = {TEXT: textTokensOf(request), IMAGE: IMAGE_TOKENS * imagesOf(request)};
  const candidates = {TEXT: tokensOf(answer.text), IMAGE: IMAGE_TOKENS * answer.images};
  const cached = {TEXT: isCached ? Math.floor(prompt.TEXT / 2) : 0};
  const toolUse = {TEXT: hasTool(request, 'urlContext') ? PAGE_TOKENS : 0};
  const thoughts = thoughtsOf(request, answer.text);
  return {
    ...counted('promptTokenCount', 'promptTokensDetails', prompt),
    ...counted('cachedContentTokenCount', 'cacheTokensDetails', cached),
    // An answer of text alone comes without details.
    ...counted('candidatesTokenCount', answer.images > 0 ? 'candidatesTokensDetails' : undefined, candidates),
    ...counted('toolUsePromptTokenCount', 'toolUsePromptTokensDetails', toolUse),
    ...(thoughts === 0 ? {} : {thoughtsTokenCount: thoughts}),
    totalTokenCount: sumOf(prompt) + sumOf(candidates) + sumOf(toolUse) + thoughts,
  };
}

/** Tokens of the prompt and of the system instruction, which is counted with it. */
export function promptTokensOf(request: Json): number {
  return textTokensOf(request) + IMAGE_TOKENS * imagesOf(request);
}

export function tokensOf(text: string): number {
  return Math.ceil(text.length / TOKEN_LETTERS);
}

function textTokensOf(request: Json): number {
  return tokensOf(promptOf(request)) + tokensOf(instructionOf(request));
}

/** A count and its details; zeros are left out, as the service does. */
function counted(count: string, details: string | undefined, tokens: Readonly<Record<string, number>>): Json {
  const some = Object.entries(tokens).filter(([, tokenCount]) => tokenCount > 0);
  if (some.length === 0) return {};
  const list = some.map(([modality, tokenCount]) => ({modality, tokenCount}));
  return {[count]: sumOf(tokens), ...(details === undefined ? {} : {[details]: list})};
}

function sumOf(tokens: Readonly<Record<string, number>>): number {
  return Object.values(tokens).reduce((sum, count) => sum + count, 0);
}

function imagesOf({contents}: Json): number {
  const turns = Array.isArray(contents) ? contents : [contents];
  return turns
    .filter(isObject)
    .flatMap(partsOf)
    .filter(isObject)
    .map((part) => objectAt(part, 'inlineData'))
    .filter((data) => data !== undefined && String(field(data, 'mimeType')).startsWith('image/')).length;
}

/** Thoughts are counted where thinking was asked for: https://ai.google.dev/gemini-api/docs/thinking. */
function thoughtsOf(request: Json, answer: string): number {
  const thinking = objectAt(configOf(request), 'thinkingConfig');
  if (thinking === undefined || answer === '') return 0;
  const budget = field(thinking, 'thinkingBudget');
  const wanted = 2 * tokensOf(answer);
  return typeof budget === 'number' && budget >= 0 ? Math.min(budget, wanted) : wanted;
}
