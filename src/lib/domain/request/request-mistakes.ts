/**
 * Mistakes that people make often enough to be called by their name: formats of other services, and names that are
 * right in another place.
 */
import type {JsonObject} from '../json/json-object.js';

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

/** Names that are wrong in a request, and what to write. */
const REQUEST_REMEDIES: ReadonlyMap<string, string> = new Map([
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
]);

/** Names that are wrong in `generationConfig`, and what to write. */
const GENERATION_CONFIG_REMEDIES: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'write "maxOutputTokens"'],
  ['maxTokens', 'write "maxOutputTokens"'],
  ['max_completion_tokens', 'write "maxOutputTokens"'],
  ['stop', 'write "stopSequences"'],
  ['thinkingBudget', 'write it in "thinkingConfig"'],
  ['thinking_budget', 'write it in "thinkingConfig"'],
  ['thinkingLevel', 'write it in "thinkingConfig"'],
  ['thinking_level', 'write it in "thinkingConfig"'],
]);

/** What a line without a request is, when it is made for something else. */
export function foreignLine(line: JsonObject): string | undefined {
  return FOREIGN_LINES.find(({names}) => names.every((name) => name in line))?.what;
}

/** The name that a line has in place of `key`. */
export function keyAlias(line: JsonObject): string | undefined {
  return KEY_ALIASES.find((name) => name in line);
}

/** What to write in place of a name that no request has. */
export function requestRemedy(name: string): string | undefined {
  return REQUEST_REMEDIES.get(name);
}

/** What to write in place of a name that no `generationConfig` has. */
export function generationConfigRemedy(name: string): string | undefined {
  return GENERATION_CONFIG_REMEDIES.get(name);
}
