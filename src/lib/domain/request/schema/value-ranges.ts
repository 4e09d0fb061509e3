import type {Field} from './message-types.js';

interface Range {
  readonly min: number;
  readonly max: number;
}

const INT32: Range = {min: -(2 ** 31), max: 2 ** 31 - 1};
const {POSITIVE_INFINITY: ANY} = Number;

/**
 * What a number can be, or how many elements a list can have: https://ai.google.dev/api/generate-content#generationconfig,
 * for embeddings https://ai.google.dev/api/embeddings.
 */
const RANGES: Readonly<Record<string, Range>> = {
  'GenerationConfig.temperature': {min: 0, max: 2},
  'GenerationConfig.topP': {min: 0, max: 1},
  'GenerationConfig.topK': {min: 0, max: ANY},
  'GenerationConfig.candidateCount': {min: 1, max: 8},
  'GenerationConfig.maxOutputTokens': {min: 1, max: INT32.max},
  'GenerationConfig.presencePenalty': {min: -2, max: 2},
  'GenerationConfig.frequencyPenalty': {min: -2, max: 2},
  'GenerationConfig.logprobs': {min: 0, max: 20},
  'GenerationConfig.stopSequences': {min: 0, max: 5},
  // -1 leaves it to the model.
  'ThinkingConfig.thinkingBudget': {min: -1, max: INT32.max},
  'EmbedContentRequest.outputDimensionality': {min: 1, max: 3_072},
};

/** The range of a field; undefined when it takes whatever its kind takes. */
export function rangeOf(message: string, {name, kind}: Field): Range | undefined {
  return RANGES[`${message}.${name}`] ?? (kind === 'int32' ? INT32 : undefined);
}
