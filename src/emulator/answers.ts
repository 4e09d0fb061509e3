/** Derives an answer from each request, the same one each time, in the shape that the service gives. */
import type {RowFault} from './outcomes.js';

type Json = Record<string, unknown>;

/** A line of a request file, read. */
export interface RequestLine {
  readonly key: string | undefined;
  readonly request: Json | undefined;
}

/** Reads a line; undefined when it is not a JSON object. */
export function readLine(text: string): RequestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const {key, request} = value;
  return {key: typeof key === 'string' ? key : undefined, request: isObject(request) ? request : undefined};
}

/** The rows that answer a line, as text: one as a rule, none or several where a fault says so. */
export function answerRows(line: RequestLine, model: string, fault: RowFault | undefined): readonly string[] {
  const {key} = line;
  if (fault === 'missing') return [];
  if (fault === 'malformed') return [`{"key":${JSON.stringify(key)},"response":{"candidates":[`];
  const row = JSON.stringify(rowOf(line, model, fault));
  if (fault === 'repeated') return [row, row];
  if (fault === 'unknown_key')
    return [row, JSON.stringify({...rowOf(line, model, undefined), key: `${key}-unknown`})];
  return [row];
}

/** Whether a row with this fault counts as failed in the job's counters. */
export function isFailedRow(line: RequestLine, fault: RowFault | undefined): boolean {
  return fault === 'error' || line.request === undefined || !isAnswerable(line.request);
}

function rowOf({key, request}: RequestLine, model: string, fault: RowFault | undefined): Json {
  if (request === undefined || !isAnswerable(request)) {
    return {key, error: {code: 3, message: 'Request contains an invalid argument.'}};
  }
  if (fault === 'error') return {key, error: {code: 13, message: 'Internal error encountered.'}};
  const response = responseOf(request, model, fault);
  // The service does not keep to one order of these two.
  return (key?.length ?? 0) % 2 === 0 ? {key, response} : {response, key};
}

function isAnswerable(request: Json): boolean {
  return Array.isArray(request['contents']) || isObject(request['contents']) || isObject(request['content']);
}

function responseOf(request: Json, model: string, fault: RowFault | undefined): Json {
  const prompt = promptOf(request);
  if (isObject(request['content'])) {
    const values = Array.from({length: 8}, (_, at) => ((prompt.length * (at + 3)) % 97) / 97);
    return {tokenCount: String(tokens(prompt)), embedding: {values}};
  }
  const usage = (answer: string): Json =>
    fault === 'no_usage'
      ? {}
      : {
          usageMetadata: {
            promptTokenCount: tokens(prompt),
            candidatesTokenCount: tokens(answer),
            totalTokenCount: tokens(prompt) + tokens(answer),
            promptTokensDetails: [{modality: 'TEXT', tokenCount: tokens(prompt)}],
          },
        };
  const tail = {modelVersion: model.replace(/^models\//u, ''), responseId: `r${prompt.length}`};
  if (fault === 'blocked')
    return {promptFeedback: {blockReason: 'PROHIBITED_CONTENT'}, ...usage(''), ...tail};
  if (fault === 'safety') return {candidates: [{finishReason: 'SAFETY', index: 0}], ...usage(''), ...tail};
  if (fault === 'empty') {
    return {candidates: [{content: {role: 'model'}, finishReason: 'STOP', index: 0}], ...usage(''), ...tail};
  }
  const whole = answerText(request, prompt);
  const answer = fault === 'truncated' ? whole.slice(0, Math.ceil(whole.length / 2)) : whole;
  return {
    candidates: [
      {
        content: {parts: [{text: answer}], role: 'model'},
        finishReason: fault === 'truncated' ? 'MAX_TOKENS' : 'STOP',
        index: 0,
      },
    ],
    ...usage(answer),
    ...tail,
  };
}

function answerText(request: Json, prompt: string): string {
  const config = objectAt(request, 'generationConfig') ?? objectAt(request, 'generation_config') ?? {};
  const mimeType = config['responseMimeType'] ?? config['response_mime_type'];
  const quoted = `Emulated answer to: ${prompt.length > 80 ? `${prompt.slice(0, 79)}…` : prompt}`;
  if (mimeType !== 'application/json') return quoted;
  const schema =
    config['responseSchema'] ??
    config['response_schema'] ??
    config['responseJsonSchema'] ??
    config['response_json_schema'];
  return JSON.stringify(isObject(schema) ? sample(schema, quoted) : {answer: quoted});
}

/** A value that fits a schema. */
function sample(schema: Json, text: string): unknown {
  const {enum: choices, properties, items} = schema;
  if (Array.isArray(choices)) return choices[0];
  switch (String(schema['type']).toUpperCase()) {
    case 'OBJECT':
      return Object.fromEntries(
        Object.entries(isObject(properties) ? properties : {}).map(([name, value]) => [
          name,
          isObject(value) ? sample(value, text) : null,
        ]),
      );
    case 'ARRAY':
      return isObject(items) ? [sample(items, text)] : [];
    case 'NUMBER':
      return text.length / 2;
    case 'INTEGER':
      return text.length;
    case 'BOOLEAN':
      return text.length % 2 === 0;
    default:
      return text;
  }
}

function promptOf(request: Json): string {
  const contents = Array.isArray(request['contents'])
    ? request['contents']
    : [request['contents'] ?? request['content']];
  return contents
    .filter(isObject)
    .flatMap((content) => (Array.isArray(content['parts']) ? content['parts'] : []))
    .filter(isObject)
    .map(({text}) => (typeof text === 'string' ? text : ''))
    .join(' ')
    .trim();
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

function objectAt(value: Json, key: string): Json | undefined {
  const found = value[key];
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
