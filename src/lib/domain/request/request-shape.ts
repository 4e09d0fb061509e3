import {isObject, type JsonObject} from '../json/json-object.js';
import {JsonCursor, type Visit} from '../json/json-cursor.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {AnswerForms} from './answer-form.js';

const OF_REQUESTS: ReadonlySet<string> = new Set(['key', 'request']);

/** What a table of the answers to requests has columns for. */
export interface RequestShape {
  /** Names of what stands beside key and request, in the order of their first appearance. */
  readonly columns: ReadonlySet<string>;
  /** The schema of each property that an answer has, by name. */
  readonly properties: ReadonlyMap<string, unknown>;
  /** Whether some answers are no objects with known properties. */
  readonly hasOtherAnswers: boolean;
}

/** Finds the shape of request files while their bytes pass by. */
export class RequestShapeReader {
  readonly #columns = new Set<string>();
  readonly #forms = new AnswerForms();
  readonly #cursor = new JsonCursor();
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#readLine(bytes, start, end));
  readonly #decoder = new TextDecoder();
  #bytes: Uint8Array = new Uint8Array(0);
  #hasFree = false;

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** Ends a file; another one may follow. */
  finish(): RequestShape {
    this.#splitter.finish();
    const properties = new Map<string, unknown>();
    let hasOtherAnswers = this.#hasFree;
    for (const {schema} of this.#forms.forms) {
      const own = schema === null ? undefined : propertiesOf(schema);
      if (own === undefined) hasOtherAnswers = true;
      else for (const [name, property] of Object.entries(own)) properties.set(name, property);
    }
    return {columns: this.#columns, properties, hasOtherAnswers: hasOtherAnswers || properties.size === 0};
  }

  #readLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.#bytes = bytes;
    if (!this.#cursor.walkObject(bytes, {start, end}, this.#onMember)) this.#readParsed(bytes, start, end);
    if (this.#forms.numberOf(bytes, start, end) === 0) this.#hasFree = true;
  }

  readonly #onMember: Visit = (cursor) => {
    const {start, end} = cursor.span;
    this.#add(this.#decoder.decode(this.#bytes.subarray(start, end)));
    return cursor.skipValue();
  };

  #readParsed(bytes: Uint8Array, start: number, end: number): void {
    try {
      const line: unknown = JSON.parse(this.#decoder.decode(bytes.subarray(start, end)));
      if (isObject(line)) for (const name of Object.keys(line)) this.#add(name);
    } catch {
      return; // Not JSON: it has no columns.
    }
  }

  #add(name: string): void {
    if (!OF_REQUESTS.has(name)) this.#columns.add(name);
  }
}

/** The properties of an object that an answer is, or undefined when it is something else. */
function propertiesOf({type, properties}: JsonObject): JsonObject | undefined {
  const isObjectType = type === undefined || type === 'object';
  return isObjectType && isObject(properties) && Object.keys(properties).length > 0 ? properties : undefined;
}
