/** Derives an answer from each request, the same one each time, in the shape that the service gives. */
import {createHash} from 'node:crypto';
import {seededRandom} from '../../control/random.js';
import {field, isObject, objectAt, type Json} from '../../http/json.js';
import {configOf, MAX_DIMENSIONS, promptOf} from '../checks/request-check.js';
import type {RowFault} from './outcomes.js';
import {hasTool} from './tools.js';
import {TOKEN_LETTERS, tokensOf, usageOf} from './usage-of.js';

/** https://ai.google.dev/api/generate-content#generationconfig */
const MAX_CANDIDATES = 8;

/** Nothing goes on by it here. */
const CONTINUATION_TOKEN = Buffer.from('emulated').toString('base64');

/** A PNG of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** How much of a prompt is quoted. */
const QUOTED_LETTERS = 80;

/** The reply to a request for an embedding: another text has another vector, the same text always the same. */
export function embeddingReply(request: Json): Json {
  const prompt = promptOf(request);
  const asked = field(request, 'outputDimensionality');
  const random = seededRandom(createHash('sha256').update(prompt).digest().readUInt32LE());
  const values = Array.from(
    {length: typeof asked === 'number' ? asked : MAX_DIMENSIONS},
    () => random() * 2 - 1,
  );
  return {tokenCount: String(tokensOf(prompt)), embedding: {values}};
}

/**
 * The reply to a request for content.
 *
 * @param model - `models/<id>`
 * @param fault - what is to be wrong with it.
 */
export function contentReply(request: Json, model: string, fault: RowFault | undefined): Json {
  const prompt = promptOf(request);
  const reply = (parts: Json, answer = '', images = 0): Json => ({
    ...parts,
    usageMetadata: usageOf(request, {text: answer, images}, fault === 'cached'),
    ...(fault === 'retiring'
      ? {modelStatus: {modelStage: 'DEPRECATED', retirementTime: '2027-05-07T00:00:00Z'}}
      : {}),
    modelVersion: model.replace(/^models\//u, ''),
    responseId: Buffer.from(prompt.slice(0, 16)).toString('base64url'),
  });
  switch (fault) {
    case 'blocked':
      return reply({promptFeedback: {blockReason: 'PROHIBITED_CONTENT'}});
    case 'safety':
      return reply({candidates: [{finishReason: 'SAFETY', index: 0}]});
    case 'empty':
      return reply({candidates: [{content: {role: 'model'}, finishReason: 'STOP', index: 0}]});
    default: {
      const {text, finishReason} = answerTo(request, prompt, fault);
      const image = isImageWanted(request) ? [{inlineData: {mimeType: 'image/png', data: PIXEL}}] : [];
      const searched = groundingOf(request, prompt);
      const candidates = Array.from({length: candidateCountOf(request)}, (_, index) => ({
        content: {parts: [{text: index === 0 ? text : `${text} (${index + 1})`}, ...image], role: 'model'},
        finishReason,
        ...(finishReason === 'CONTINUATION' ? {continuationToken: CONTINUATION_TOKEN} : {}),
        ...(index === 0 ? searched : {}),
        index,
      }));
      return reply({candidates}, text.repeat(candidates.length), image.length * candidates.length);
    }
  }
}

/** https://ai.google.dev/gemini-api/docs/image-generation#output-types */
function isImageWanted(request: Json): boolean {
  const modalities = field(configOf(request), 'responseModalities');
  return Array.isArray(modalities) && modalities.includes('IMAGE');
}

/**
 * One to three queries where the request has the search tool, https://ai.google.dev/gemini-api/docs/google-search, and a
 * place where it has that of Google Maps, https://ai.google.dev/gemini-api/docs/maps-grounding.
 */
function groundingOf(request: Json, prompt: string): Json {
  const queries = Array.from({length: 1 + (prompt.length % 3)}, (_, index) => `query ${index + 1}`);
  const place = {maps: {uri: 'https://maps.google.com/?cid=1', title: 'A place', placeId: 'places/1'}};
  const metadata = {
    ...(hasTool(request, 'googleSearch') ? {webSearchQueries: queries} : {}),
    ...(hasTool(request, 'googleMaps') ? {groundingChunks: [place]} : {}),
  };
  return Object.keys(metadata).length === 0 ? {} : {groundingMetadata: metadata};
}

/** Cut off in the middle on demand, and where `maxOutputTokens` is reached. */
function answerTo(
  request: Json,
  prompt: string,
  fault: RowFault | undefined,
): {text: string; finishReason: string} {
  const whole = misshapen(wholeAnswer(configOf(request), prompt), fault);
  const limit = field(configOf(request), 'maxOutputTokens');
  const allowed = typeof limit === 'number' && limit > 0 ? limit * TOKEN_LETTERS : whole.length;
  // https://ai.google.dev/gemini-api/docs/generate-content/long-decode
  if (fault === 'continuation')
    return {text: whole.slice(0, Math.ceil(whole.length / 2)), finishReason: 'CONTINUATION'};
  const length = fault === 'truncated' ? Math.min(allowed, Math.ceil(whole.length / 2)) : allowed;
  if (length >= whole.length) return {text: whole, finishReason: 'STOP'};
  return {text: whole.slice(0, length), finishReason: 'MAX_TOKENS'};
}

function misshapen(answer: string, fault: RowFault | undefined): string {
  if (fault === 'code_fence') return `\`\`\`json\n${answer}\n\`\`\``;
  return fault === 'wrong_shape' ? JSON.stringify({unexpected: answer}) : answer;
}

function wholeAnswer(config: Json, prompt: string): string {
  const quoted = prompt.length > QUOTED_LETTERS ? `${prompt.slice(0, QUOTED_LETTERS - 1)}…` : prompt;
  const text = `Emulated answer to: ${quoted}`;
  if (field(config, 'responseMimeType') !== 'application/json') return text;
  const schema = objectAt(config, 'responseSchema') ?? objectAt(config, 'responseJsonSchema');
  return JSON.stringify(schema === undefined ? {answer: text} : sampleOf(schema, text));
}

/** A value that fits a schema. */
function sampleOf(schema: Json, text: string): unknown {
  const {enum: choices, properties, items, type} = schema;
  if (Array.isArray(choices)) return choices[0];
  switch (typeof type === 'string' ? type.toUpperCase() : '') {
    case 'OBJECT':
      return Object.fromEntries(
        Object.entries(isObject(properties) ? properties : {}).map(([name, value]) => [
          name,
          isObject(value) ? sampleOf(value, text) : null,
        ]),
      );
    case 'ARRAY':
      return isObject(items) ? [sampleOf(items, text)] : [];
    case 'NUMBER':
      return text.length / 2;
    case 'INTEGER':
      return text.length;
    case 'BOOLEAN':
      return text.length % 2 === 0;
    default:
      return text;
  }
}

function candidateCountOf(request: Json): number {
  const asked = field(configOf(request), 'candidateCount');
  return typeof asked === 'number' && asked > 1 ? Math.min(asked, MAX_CANDIDATES) : 1;
}
