/**
 * The names that the service knows in a request. It takes each in two spellings (`generationConfig`,
 * `generation_config`) and refuses a request with a name that it does not know.
 *
 * Sources: `GenerateContentRequest` in https://ai.google.dev/api/generate-content, and what the SDK sends to the
 * Gemini API: `generateContentConfigToMldev` and `partToMldev` in `googleapis/js-genai` 2.32.
 */

/** A field, by the one spelling that we use. */
export class RequestFields<Name extends string> {
  readonly #bySpelling: ReadonlyMap<string, Name>;

  constructor(readonly names: readonly Name[]) {
    this.#bySpelling = new Map(names.flatMap((name) => spellings(name).map((spelling) => [spelling, name])));
  }

  /** The field that a name stands for, in either spelling; undefined for a name that the service does not know. */
  fieldOf(name: string): Name | undefined {
    return this.#bySpelling.get(name);
  }
}

/** Fields of a request. */
export const REQUEST_FIELDS = new RequestFields([
  'contents',
  'generationConfig',
  'systemInstruction',
  'safetySettings',
  'tools',
  'toolConfig',
  'cachedContent',
  'model',
  'labels',
  'serviceTier',
  'store',
  'continuationToken',
] as const);

/** Fields of a content, which is one turn of a conversation. */
export const CONTENT_FIELDS = new RequestFields(['role', 'parts'] as const);

/** Fields of a part that hold what the part is; each part has one of them. */
export const PART_DATA_FIELDS = new RequestFields([
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
  'audioTranscription',
] as const);

/** Fields of a part that say more about its data. */
export const PART_NOTE_FIELDS = new RequestFields([
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'partMetadata',
  'mediaResolution',
  'mediaProcessing',
  'speechMetadata',
] as const);

/** Fields of `inlineData`, which needs both. */
export const BLOB_FIELDS = new RequestFields(['mimeType', 'data'] as const);

/** Fields of `fileData`, which needs the first. */
export const FILE_FIELDS = new RequestFields(['fileUri', 'mimeType'] as const);

/** Fields of `generationConfig`. */
export const GENERATION_CONFIG_FIELDS = new RequestFields([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseFormat',
  'responseModalities',
  'responseLogprobs',
  'logprobs',
  'thinkingConfig',
  'speechConfig',
  'imageConfig',
  'mediaResolution',
  'audioTranscriptionConfig',
  'translationConfig',
  'enableAffectiveDialog',
  'enableEnhancedCivicAnswers',
] as const);

/** Both spellings of a field, ours first; one when they are the same. */
export function spellings(name: string): readonly string[] {
  const snakeCase = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return snakeCase === name ? [name] : [name, snakeCase];
}
