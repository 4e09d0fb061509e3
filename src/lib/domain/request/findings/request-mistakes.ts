/**
 * Mistakes that people make often enough to be called by their name: formats of other services, and names that are
 * right in another place.
 */
import type {JsonObject} from '../../json/json-object.js';

/** How a line has to look. */
export const LINE_FORM = '{"key": "…", "request": {"contents": [{"parts": [{"text": "…"}]}]}}';

interface ForeignFormat {
  /** Names that each line in this format has. */
  readonly names: readonly string[];
  /** What it is, as the end of "is …". */
  readonly what: string;
}

/** Lines that are made for other services; the first that fits names it. */
const FOREIGN_LINES: readonly ForeignFormat[] = [
  {names: ['custom_id', 'params'], what: "in the format of Anthropic's batches"},
  {names: ['custom_id', 'body'], what: "in the format of OpenAI's batches"},
  {names: ['method', 'url', 'body'], what: "in the format of OpenAI's batches"},
  {names: ['messages'], what: "in the format of OpenAI's chats"},
  {names: ['recordId', 'modelInput'], what: "in the format of Amazon Bedrock's batches"},
  {names: ['response', 'key'], what: 'a row of a result file, not a request'},
  {names: ['input_file', 'batch'], what: 'a job record of a job-info file, not a request'},
];

/** Names that people use for `key`. */
const KEY_ALIASES = ['custom_id', 'id', 'request_id', 'requestId', 'Key', 'KEY', 'name', 'metadata'];

/**
 * Names that the service was seen to refuse, or that are another service's, by the message that they stand in; and what to
 * write. Of a schema: https://github.com/googleapis/python-genai/issues/1815, https://github.com/zed-industries/zed/issues/44875,
 * https://github.com/QuantumNous/new-api/pull/1037, https://github.com/pickeld/pick-a-recipe/issues/29.
 */
const REFUSED_NAMES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  GenerateContentRequest: new Map([
    [
      'config',
      'only SDK calls have it; write "generationConfig", with "systemInstruction", "tools" and "safetySettings" beside it',
    ],
    ['messages', 'that is OpenAI\'s format; write "contents"'],
    ['prompt', 'write "contents"'],
    ['content', 'write "contents"'],
    ['system', 'write "systemInstruction": {"parts": [{"text": "…"}]}'],
    ['system_prompt', 'write "systemInstruction": {"parts": [{"text": "…"}]}'],
    ['systemPrompt', 'write "systemInstruction": {"parts": [{"text": "…"}]}'],
    ['params', 'write its fields directly into "request"'],
    ['body', 'write its fields directly into "request"'],
    ['max_tokens', 'write "maxOutputTokens" in "generationConfig"'],
    ['key', 'write it beside "request"'],
  ]),
  GenerationConfig: new Map([
    ['max_tokens', 'write "maxOutputTokens"'],
    ['maxTokens', 'write "maxOutputTokens"'],
    ['max_completion_tokens', 'write "maxOutputTokens"'],
    ['stop', 'write "stopSequences"'],
    ['thinkingBudget', 'write it in "thinkingConfig"'],
    ['thinking_budget', 'write it in "thinkingConfig"'],
    ['thinkingLevel', 'write it in "thinkingConfig"'],
    ['thinking_level', 'write it in "thinkingConfig"'],
  ]),
  Tool: new Map([
    ['type', 'that is OpenAI\'s format; write {"functionDeclarations": […]}'],
    ['function', 'that is OpenAI\'s format; write {"functionDeclarations": […]}'],
    ['input_schema', 'that is Anthropic\'s format; write {"functionDeclarations": […]}'],
  ]),
  Schema: new Map([
    ...[
      'additionalProperties',
      'additional_properties',
      '$schema',
      '$defs',
      'defs',
      '$ref',
      'ref',
      'definitions',
    ].map((name): [string, string] => [name, 'leave it out']),
    ...['allOf', 'not', 'if', 'patternProperties', 'uniqueItems', 'strict'].map((name): [string, string] => [
      name,
      'leave it out',
    ]),
    ['const', 'write "enum" with one value'],
    ['oneOf', 'write "anyOf"'],
    ['exclusiveMinimum', 'write "minimum"'],
    ['exclusiveMaximum', 'write "maximum"'],
    ['examples', 'write "example"'],
  ]),
};

/** What a line without a request is, when it is made for something else. */
export function foreignLine(line: JsonObject): string | undefined {
  return FOREIGN_LINES.find(({names}) => names.every((name) => name in line))?.what;
}

/** The name that a line has in place of `key`. */
export function keyAlias(line: JsonObject): string | undefined {
  return KEY_ALIASES.find((name) => name in line);
}

/** What to write in place of a name that a message is known not to have. */
export function refusedName(message: string, name: string): string | undefined {
  return REFUSED_NAMES[message]?.get(name);
}
