/** Result rows in the shapes that were captured from the service, and request lines to go with them. */

export interface AnswerParts {
  readonly key?: string;
  readonly text?: string;
  readonly finishReason?: string;
}

export function answerRow({
  key = 'request_1',
  text = 'an answer',
  finishReason = 'STOP',
}: AnswerParts = {}): string {
  return JSON.stringify({
    response: {
      candidates: [{content: {parts: [{text}], role: 'model'}, finishReason, index: 0}],
      usageMetadata: {
        promptTokenCount: 8,
        candidatesTokenCount: 12,
        totalTokenCount: 40,
        thoughtsTokenCount: 20,
        promptTokensDetails: [{modality: 'TEXT', tokenCount: 8}],
      },
      modelVersion: 'gemini-3.5-flash-lite',
      responseId: 'abc',
    },
    key,
  });
}

export function embeddingRow(key: string): string {
  return JSON.stringify({response: {tokenCount: '1', embedding: {values: [0.1, -2e-3]}}, key});
}

export function errorRow(key: string): string {
  return JSON.stringify({key, error: {code: 3, message: 'invalid argument'}});
}

export function blockedRow(key: string): string {
  return JSON.stringify({key, response: {promptFeedback: {blockReason: 'PROHIBITED_CONTENT'}}});
}

export function requestLine(key: string): string {
  return JSON.stringify({
    key,
    request: {contents: [{parts: [{text: `question ${key}`}]}], generationConfig: {maxOutputTokens: 100}},
  });
}
