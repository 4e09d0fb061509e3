import {createHash, type Hash} from 'node:crypto';
import {open} from 'node:fs/promises';

/** A file as an inspection would describe it. */
export interface MadeFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly lines: number;
}

const ASCII = 'The quick brown fox jumps over the lazy dog, and then it says so in plain words. ';
const MIXED =
  'Der flinke braune Fuchs – 素早い茶色の狐 – springt über den trägen Hund; élan, naïve, “quoted”. ';
const BLOCK_BYTES = 4 * 1024 * 1024;

/** The text of one request line, about a kilobyte, as people send them: line after line in another form. */
export function requestLine(key: string, text: 'ascii' | 'mixed' = 'ascii'): string {
  const prompt = (text === 'ascii' ? ASCII : MIXED).repeat(text === 'ascii' ? 12 : 8);
  const form = FORMS[Number(key.slice(1)) % FORMS.length] ?? plainForm;
  return `${JSON.stringify({key, request: form(`Summarise number ${key}: ${prompt}`)})}\n`;
}

type Form = (text: string) => unknown;

const plainForm: Form = (text) => ({
  contents: [{role: 'user', parts: [{text}]}],
  generationConfig: {temperature: 0.2, maxOutputTokens: 256},
});

const FORMS: readonly Form[] = [
  plainForm,
  (text) => ({contents: [{parts: [{text}]}]}),
  (text) => ({
    system_instruction: {parts: [{text: 'Be brief.'}]},
    contents: [
      {role: 'user', parts: [{text: 'Hello'}]},
      {role: 'model', parts: [{text: 'Hello. What can I do?'}]},
      {role: 'user', parts: [{text}]},
    ],
    safety_settings: [{category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE'}],
  }),
  (text) => ({
    contents: [
      {
        role: 'user',
        parts: [{fileData: {fileUri: 'https://example.com/a.pdf', mimeType: 'application/pdf'}}, {text}],
      },
    ],
    generationConfig: {
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: {summary: {type: 'STRING'}, score: {type: 'INTEGER', minimum: 0, maximum: 10}},
        required: ['summary', 'score'],
      },
      thinkingConfig: {thinkingLevel: 'LOW'},
    },
  }),
  (text) => ({contents: [{role: 'user', parts: [{text}]}], tools: [{googleSearch: {}}]}),
];

/** The text of one result row of about two kilobytes. */
export function resultLine(key: string): string {
  const response = {
    candidates: [
      {content: {role: 'model', parts: [{text: ASCII.repeat(22)}]}, finishReason: 'STOP', index: 0},
    ],
    usageMetadata: {promptTokenCount: 20, candidatesTokenCount: 400, totalTokenCount: 420},
    modelVersion: 'gemini-3.5-flash-lite',
  };
  return `${JSON.stringify({key, response})}\n`;
}

/** Writes lines to a new file until it has so many bytes. The keys are `r1`, `r2`, … */
export async function writeLines(
  path: string,
  lineOf: (key: string) => string,
  enough: {readonly bytes?: number; readonly lines?: number},
): Promise<MadeFile> {
  const {bytes = Number.POSITIVE_INFINITY, lines = Number.POSITIVE_INFINITY} = enough;
  const hash: Hash = createHash('sha256');
  const file = await open(path, 'w');
  let [sizeBytes, written] = [0, 0];
  while (sizeBytes < bytes && written < lines) {
    const block: string[] = [];
    const room = Math.min(BLOCK_BYTES, bytes - sizeBytes);
    for (let length = 0; length < room && written < lines;) {
      const line = lineOf(`r${(written += 1)}`);
      block.push(line);
      length += Buffer.byteLength(line);
    }
    const content = Buffer.from(block.join(''));
    hash.update(content);
    await file.writeFile(content);
    sizeBytes += content.length;
  }
  await file.close();
  return {path, sizeBytes, sha256: hash.digest('hex'), lines: written};
}
