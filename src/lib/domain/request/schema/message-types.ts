/** The messages that requests are made of, as the generated tables have them. */
import {ENUMS, MESSAGES, ONE_OFS, VERTEX_ONLY} from './request-schema.js';

/** What a value of a field is. `any` and `struct`, which is an object, are the user's own. */
export type Kind =
  'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'float' | 'any' | 'struct' | 'message' | 'enum';

export interface Field {
  /** By the one spelling that we use. */
  readonly name: string;
  readonly kind: Kind;
  readonly shape: 'one' | 'list' | 'map';
  /** The name of its message or of its enumeration. */
  readonly type: string;
}

/** A message: an object whose fields are known. The service takes each name in two spellings. */
export class MessageType {
  readonly fields: readonly Field[];
  /** Fields of which only one can be set. */
  readonly oneOf: readonly string[];
  readonly #bySpelling: ReadonlyMap<string, Field>;
  readonly #vertexOnly: ReadonlySet<string>;

  constructor(
    readonly name: string,
    written: string,
  ) {
    this.fields = words(written).map(fieldOf);
    this.oneOf = words(ONE_OFS[name]);
    this.#bySpelling = new Map(
      this.fields.flatMap((field) => spellings(field.name).map((spelling) => [spelling, field])),
    );
    this.#vertexOnly = new Set(words(VERTEX_ONLY[name]).flatMap(spellings));
  }

  /** The field that a name stands for, in either spelling. */
  field(name: string): Field | undefined {
    return this.#bySpelling.get(name);
  }

  /** Whether only Vertex AI has a field of this name. */
  isVertexOnly(name: string): boolean {
    return this.#vertexOnly.has(name);
  }
}

const types = new Map<string, MessageType>();

/** The message with this name, such as `GenerateContentRequest`. */
export function messageType(name: string): MessageType {
  let type = types.get(name);
  if (type === undefined) {
    type = new MessageType(name, MESSAGES[name] ?? '');
    types.set(name, type);
  }
  return type;
}

const values = new Map<string, readonly string[]>();

/** The values of an enumeration. */
export function enumValues(name: string): readonly string[] {
  let list = values.get(name);
  if (list === undefined) {
    list = words(ENUMS[name]);
    values.set(name, list);
  }
  return list;
}

/** Both spellings of a field, ours first; one when they are the same. */
export function spellings(name: string): readonly string[] {
  const snakeCase = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return snakeCase === name ? [name] : [name, snakeCase];
}

function words(text = ''): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

const KINDS: Readonly<Record<string, Kind>> = {'@': 'message', '#': 'enum'};

function fieldOf(written: string): Field {
  const [name = '', shapes = '', mark = '', type = ''] =
    /^(\w+):(\[\]|\{\})?([@#]?)(\w+)$/u.exec(written)?.slice(1) ?? [];
  const shape = shapes === '[]' ? 'list' : shapes === '{}' ? 'map' : 'one';
  return {name, shape, type, kind: KINDS[mark] ?? (type as Kind)};
}
