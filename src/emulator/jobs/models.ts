export interface EmulatedModel {
  /** Without `models/`. */
  readonly id: string;
  /** `generate` takes batch jobs of requests that generate content, `embed` of embeddings, `none` takes no batch jobs. */
  readonly batch: 'generate' | 'embed' | 'none';
  /** Without `models/`: the one that answers in its place. */
  readonly served_by?: string;
}

/**
 * The models of November 2026 (https://ai.google.dev/gemini-api/docs/models). `gemini-2.5-flash-lite-preview-06-17` is
 * not among them: it is retired.
 */
export const DEFAULT_MODELS: readonly EmulatedModel[] = [
  ...[
    'gemini-3.8-flash',
    'gemini-3.7-flash',
    'gemini-3.6-flash',
    'gemini-3.5-flash',
    'gemini-3.5-flash-lite',
    'gemini-3.1-flash-lite',
    'gemini-3.1-pro-preview',
    'gemini-3-flash-preview',
    'gemini-2.5-pro',
    'gemini-2.5-flash',
    'gemini-2.5-flash-lite',
  ].map((id) => ({id, batch: 'generate'}) as const),
  {id: 'gemini-embedding-001', batch: 'embed'},
  {id: 'gemini-embedding-2', batch: 'embed'},
  {id: 'veo-3.1-generate-preview', batch: 'none'},
  {id: 'imagen-4.0-generate-001', batch: 'none'},
];

const METHODS = {
  generate: ['generateContent', 'countTokens', 'createCachedContent', 'batchGenerateContent'],
  embed: ['embedContent', 'countTokens', 'asyncBatchEmbedContent'],
  none: ['predictLongRunning'],
} as const;

/** The model as the service describes it. */
export function modelResource({id, batch}: EmulatedModel): unknown {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: METHODS[batch],
  };
}
