import {JsonCursor, type Visit} from '../json/json-cursor.js';
import {fieldOf, isObject, type JsonObject} from '../json/json-object.js';
import {answerSchema} from './answer-schema.js';

/** What a request asks of its answer: JSON, and perhaps a JSON Schema that it has to fit. */
export interface AnswerForm {
  readonly schema: JsonObject | null;
}

/** In the names of all members that ask for a form of answer. */
const MARK = Buffer.from('esponse');
const REQUEST = Buffer.from('request');
const CONFIG = Buffer.from('generationConfig');
const SNAKE_CONFIG = Buffer.from('generation_config');

/**
 * Reads what each request of a file asks of its answer. Most requests of a file ask for the same: only a configuration
 * that differs from the last one is parsed.
 */
export class AnswerForms {
  /** Each form once; its number is its place here plus one, and 0 stands for any answer. */
  readonly forms: AnswerForm[] = [];
  readonly #cursor = new JsonCursor();
  readonly #numbers = new Map<string, number>();
  #last: Buffer = Buffer.alloc(0);
  #lastNumber = 0;
  #spans: Array<{readonly start: number; readonly end: number}> = [];

  /** The number of the form that the request of this line asks for; 0 for any answer. */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    if (!line.includes(MARK)) return 0;
    this.#spans = [];
    if (!this.#cursor.walkObject(bytes, {start, end}, this.#onMember) || this.#spans.length > 1) {
      return this.#numberOfConfig(configOf(parsed(line)));
    }
    const [span] = this.#spans;
    if (span === undefined) return 0;
    const config = bytes.subarray(span.start, span.end);
    if (this.#last.equals(config)) return this.#lastNumber;
    this.#last = Buffer.from(config);
    this.#lastNumber = this.#numberOfConfig(parsed(this.#last));
    return this.#lastNumber;
  }

  #numberOfConfig(config: unknown): number {
    const mimeType = fieldOf(config, 'responseMimeType') ?? fieldOf(config, 'response_mime_type');
    if (mimeType !== 'application/json' || !isObject(config)) return 0;
    const [schema, id] = readSchema(config);
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.forms.push({schema});
    this.#numbers.set(id, this.forms.length);
    return this.forms.length;
  }

  readonly #onMember: Visit = (cursor) =>
    cursor.is(REQUEST) && cursor.isObject() ? cursor.eachMember(this.#onRequestMember) : cursor.skipValue();

  readonly #onRequestMember: Visit = (cursor) => {
    if (!cursor.is(CONFIG) && !cursor.is(SNAKE_CONFIG)) return cursor.skipValue();
    const start = cursor.position;
    if (!cursor.skipValue()) return false;
    this.#spans.push({start, end: cursor.position});
    return true;
  };
}

/** The schema and its text; no schema where it is nested more deeply than can be followed. */
function readSchema(config: JsonObject): readonly [JsonObject | null, string] {
  try {
    const schema = answerSchema(config);
    return [schema, JSON.stringify(schema)];
  } catch {
    return [null, 'null'];
  }
}

function configOf(line: unknown): unknown {
  const request = fieldOf(line, 'request');
  return fieldOf(request, 'generationConfig') ?? fieldOf(request, 'generation_config');
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // Not JSON: the service has refused it, and nothing was asked.
  }
}
