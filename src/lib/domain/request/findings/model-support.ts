/** What a model takes. An unknown model has no rules. */
export interface ModelSupport {
  /** Without `models/`. */
  readonly id: string;
  /** Fields of `generationConfig` and of `thinkingConfig` that are rejected, or dropped without a word. */
  readonly droppedFields: readonly string[];
  /** Values of `thinkingLevel` that it refuses. */
  readonly refusedLevels: readonly string[];
  /** Whether it takes `thinkingLevel`; those before take `thinkingBudget` only. */
  readonly hasThinkingLevel: boolean;
  readonly hasCaches: boolean;
  /** Whether an answer can be asked for as JSON beside tools. */
  readonly hasJsonWithTools: boolean;
}

const SAMPLING = ['temperature', 'topP', 'topK', 'candidateCount', 'thinkingBudget'];

/**
 * What is known of a model by its family. Gemini 3.8 and 4: https://ai.google.dev/gemini-api/docs/changelog (2026-07-21) and
 * https://ai.google.dev/gemini-api/docs/generate-content/long-decode; JSON beside tools, before Gemini 3:
 * https://ai.google.dev/gemini-api/docs/structured-output.
 */
export function supportOf(model: string): ModelSupport {
  const id = model.replace(/^models\//u, '');
  const [, major = '0', minor = '0', name = ''] = /^gemini-(\d+)(?:\.(\d+))?(?:-(\w*)|$)/u.exec(id) ?? [];
  const version = 10 * Number(major) + Number(minor);
  const isOfGemini3 = version === 0 || version >= 30;
  const hasHighest = name === 'hydrogen' || name === 'neon';
  return {
    id,
    droppedFields: version >= 38 ? SAMPLING : [],
    refusedLevels: [...(version >= 37 ? ['MINIMAL'] : []), ...(hasHighest || version === 0 ? [] : ['XHIGH'])],
    hasThinkingLevel: isOfGemini3,
    hasCaches: version < 40,
    hasJsonWithTools: isOfGemini3,
  };
}
