/**
 * The fields that the service knows in a request, in both spellings that it takes.
 * https://ai.google.dev/api/generate-content#request-body and `googleapis/js-genai` `src/types.ts`.
 */

const REQUEST_FIELDS = [
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'safetySettings',
  'generationConfig',
  'cachedContent',
  'labels',
  'serviceTier',
  'store',
] as const;

/** The name of a field of a request, in the camel-case spelling. */
export type RequestField = (typeof REQUEST_FIELDS)[number];

const GENERATION_CONFIG_FIELDS = [
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  '_responseJsonSchema',
  'responseJsonSchema',
  'responseFormat',
  'responseModalities',
  'candidateCount',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'enableEnhancedCivicAnswers',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
  'audioTimestamp',
  'routingConfig',
  'modelSelectionConfig',
];

const requestFieldBySpelling: ReadonlyMap<string, RequestField> = new Map(
  REQUEST_FIELDS.flatMap((field) => [[field, field] as const, [snakeCase(field), field] as const]),
);

const generationConfigSpellings: ReadonlySet<string> = new Set(
  GENERATION_CONFIG_FIELDS.flatMap((field) => [field, snakeCase(field)]),
);

/** The field that a name stands for, in either spelling; undefined for a name that the service does not know. */
export function requestField(name: string): RequestField | undefined {
  return requestFieldBySpelling.get(name);
}

/** Whether a name is a field of `generationConfig`. */
export function isGenerationConfigField(name: string): boolean {
  return generationConfigSpellings.has(name);
}

function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
