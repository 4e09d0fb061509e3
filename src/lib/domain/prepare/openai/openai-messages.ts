/** The messages of OpenAI's chats as the contents of a request. */
import {isObject, isText, type JsonObject} from '../../json/json-object.js';
import {ConversionFault} from './conversion-fault.js';
import {mediaTypeOf} from '../sources/media-type.js';
import {callPart, ToolCalls} from './openai-tools.js';

export interface Conversation {
  readonly contents: readonly JsonObject[];
  readonly systemInstruction: JsonObject | undefined;
}

const DATA_URL = /^data:(?<mimeType>[\w.+-]+\/[\w.+-]+);base64,(?<data>[\w+/=-]+)$/u;
const AUDIO_TYPES: Readonly<Record<string, string>> = {wav: 'audio/wav', mp3: 'audio/mp3'};

/** @throws ConversionFault for a message that cannot be converted. */
export function contentsOf(messages: readonly unknown[]): Conversation {
  const contents: {role: string; parts: JsonObject[]}[] = [];
  const system: JsonObject[] = [];
  const calls = new ToolCalls();
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) throw new ConversionFault(`message ${index + 1} is no object`);
    const parts = partsOf(message, index + 1, calls);
    const {role} = message;
    if (role === 'system' || role === 'developer') {
      system.push(...parts);
      continue;
    }
    const name = role === 'assistant' ? 'model' : 'user';
    if (role !== 'assistant' && role !== 'user' && role !== 'tool') {
      throw new ConversionFault(
        `message ${index + 1} has the role ${JSON.stringify(role)}, which cannot be converted`,
      );
    }
    const last = contents.at(-1);
    // Answers to calls that were made together belong into one turn.
    if (role === 'tool' && last?.role === 'user') last.parts.push(...parts);
    else contents.push({role: name, parts: [...parts]});
  }
  if (contents.length === 0) throw new ConversionFault('has no message of a user');
  return {contents, systemInstruction: system.length === 0 ? undefined : {parts: system}};
}

function partsOf(message: JsonObject, number: number, calls: ToolCalls): readonly JsonObject[] {
  const {content, role} = message;
  for (const name of ['refusal', 'audio', 'function_call']) {
    if (message[name] !== undefined && message[name] !== null) {
      throw new ConversionFault(`message ${number} has "${name}", which cannot be converted`);
    }
  }
  if (role === 'tool') return [calls.responsePart(message, number)];
  const made = Array.isArray(message['tool_calls'])
    ? message['tool_calls'].map((call: unknown) => callPart(call, number, calls))
    : [];
  if (typeof content === 'string')
    return content === '' && made.length > 0 ? made : [{text: content}, ...made];
  if (Array.isArray(content)) return [...content.map((part: unknown) => partOf(part, number)), ...made];
  if (made.length > 0) return made;
  throw new ConversionFault(`message ${number} has no "content"`);
}

function partOf(part: unknown, number: number): JsonObject {
  if (!isObject(part)) throw new ConversionFault(`message ${number} has a part that is no object`);
  const {type} = part;
  if (type === 'text' && typeof part['text'] === 'string') return {text: part['text']};
  const {[String(type)]: value} = part;
  if (type === 'image_url' && isObject(value) && isText(value['url'])) return mediaPart(value['url'], number);
  if (type === 'file' && isObject(value) && isText(value['file_data']))
    return mediaPart(value['file_data'], number);
  if (type === 'input_audio' && isObject(value) && isText(value['data'])) {
    const mimeType = AUDIO_TYPES[String(value['format'])];
    if (mimeType !== undefined) return {inlineData: {mimeType, data: value['data']}};
  }
  throw new ConversionFault(
    `message ${number} has a part of the type ${JSON.stringify(type)}, which cannot be converted`,
  );
}

function mediaPart(address: string, number: number): JsonObject {
  const inline = DATA_URL.exec(address)?.groups;
  if (inline !== undefined) return {inlineData: {mimeType: inline['mimeType'], data: inline['data']}};
  if (!address.startsWith('https://'))
    throw new ConversionFault(`message ${number} has an address that the service cannot read`);
  const mimeType = mediaTypeOf(address);
  return {fileData: {...(mimeType === undefined ? {} : {mimeType}), fileUri: address}};
}
