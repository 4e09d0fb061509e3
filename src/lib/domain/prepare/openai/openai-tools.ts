/** The functions of OpenAI's format, their calls and their answers. */
import {isObject, isText, type JsonObject} from '../../json/json-object.js';
import {ConversionFault} from './conversion-fault.js';

const MODES: Readonly<Record<string, string>> = {auto: 'AUTO', none: 'NONE', required: 'ANY'};

/** The `tools` and the `toolConfig` of a request. */
export function openAiTools(body: JsonObject): JsonObject {
  const {tools, tool_choice: choice} = body;
  if (!Array.isArray(tools) || tools.length === 0) return {};
  const functionDeclarations = tools.map(declaration);
  return {
    tools: [{functionDeclarations}],
    ...(choice === undefined || choice === null ? {} : choiceOf(choice)),
  };
}

function declaration(tool: unknown): JsonObject {
  const definition = isObject(tool) && tool['type'] === 'function' ? tool['function'] : undefined;
  if (!isObject(definition) || !isText(definition['name'])) {
    throw new ConversionFault('has a tool that is no function, which cannot be converted');
  }
  const {name, description, parameters} = definition;
  return {
    name,
    ...(description === undefined ? {} : {description}),
    ...(parameters === undefined ? {} : {parametersJsonSchema: parameters}),
  };
}

function choiceOf(choice: unknown): JsonObject {
  const mode = typeof choice === 'string' ? MODES[choice] : undefined;
  if (mode !== undefined) return {toolConfig: {functionCallingConfig: {mode}}};
  const named = isObject(choice) && isObject(choice['function']) ? choice['function']['name'] : undefined;
  if (!isText(named)) throw new ConversionFault('has a "tool_choice" that cannot be converted');
  return {toolConfig: {functionCallingConfig: {mode: 'ANY', allowedFunctionNames: [named]}}};
}

/** The calls of a conversation: an answer names the call, where Gemini wants the name of the function. */
export class ToolCalls {
  readonly #names = new Map<string, string>();

  note(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** The part of a message with the role `tool`. */
  responsePart(message: JsonObject, number: number): JsonObject {
    const {tool_call_id: id, content} = message;
    const name = isText(id) ? this.#names.get(id) : undefined;
    if (name === undefined || typeof content !== 'string') {
      throw new ConversionFault(`message ${number} answers no call that was made before it`);
    }
    return {functionResponse: {id, name, response: responseOf(content)}};
  }
}

/** The part of a call that the model made. */
export function callPart(call: unknown, number: number, calls: ToolCalls): JsonObject {
  const made = isObject(call) ? call['function'] : undefined;
  if (!isObject(call) || !isText(call['id']) || !isObject(made) || !isText(made['name'])) {
    throw new ConversionFault(`message ${number} has a tool call that cannot be converted`);
  }
  calls.note(call['id'], made['name']);
  const args = parsed(made['arguments']);
  if (!isObject(args))
    throw new ConversionFault(`message ${number} has a tool call whose arguments are no JSON object`);
  return {functionCall: {id: call['id'], name: made['name'], args}};
}

/** Gemini wants an object. */
function responseOf(content: string): JsonObject {
  const value = parsed(content);
  return isObject(value) ? value : {result: content};
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // Text of a tool may be anything.
  }
}
