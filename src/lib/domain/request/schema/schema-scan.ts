import {skipValue, type JsonCursor, type Visit} from '../../json/json-cursor.js';
import {BASE64_BYTES, BASE64_HEAD} from './base64-text.js';
import {enumValues, messageType, spellings, type Field, type MessageType} from './message-types.js';
import {rangeOf} from './value-ranges.js';

/**
 * Passes over values that fit the schema beyond doubt, where `valueFindings` would say nothing. To anything else, such as
 * a number that is written as text, it says no.
 */
export class SchemaScan {
  readonly #readers = new Map<string, Visit>();
  readonly #inDoubt: ReadonlySet<string>;

  /** @param inDoubt - names of fields, and values of enumerations, that are left to the rules. */
  constructor(inDoubt: ReadonlySet<string>) {
    this.#inDoubt = inDoubt;
  }

  /** What passes over the value of a field. */
  readerOf(field: Field, owner: MessageType): Visit {
    if (this.#inDoubt.has(field.name)) return () => false;
    const one = this.#oneReader(field, owner);
    if (field.shape === 'map') return (cursor) => cursor.eachMember(one);
    if (field.shape === 'one') return one;
    const most = rangeOf(owner.name, field)?.max ?? Number.POSITIVE_INFINITY;
    if (most > 2 ** 30) return (cursor) => cursor.eachElement(one);
    return (cursor) => {
      let count = 0;
      return cursor.eachElement((element) => ++count <= most && one(element));
    };
  }

  #oneReader(field: Field, owner: MessageType): Visit {
    switch (field.kind) {
      case 'any':
        return skipValue;
      case 'struct':
        return (cursor) => cursor.eachMember(skipValue);
      case 'string':
        return (cursor) => cursor.isString() && cursor.skipString();
      case 'bytes':
        return readBase64;
      case 'bool':
        return (cursor) => cursor.skipFlag();
      case 'enum':
        return this.#enumReader(field);
      case 'message':
        return this.#messageReader(field.type);
      default:
        return createNumberReader(field, owner);
    }
  }

  #enumReader({type}: Field): Visit {
    const sure = enumValues(type).filter((value) => !this.#inDoubt.has(value));
    const values = sure.flatMap((value) => [Buffer.from(value), Buffer.from(value.toLowerCase())]);
    return (cursor) => cursor.skipPlainString() && values.some((value) => cursor.is(value));
  }

  /** Made when it is first needed: schemas hold schemas. */
  #messageReader(name: string): Visit {
    let reader: Visit | undefined;
    return (cursor) => {
      reader ??= this.#sharedReader(name);
      return reader(cursor);
    };
  }

  #sharedReader(name: string): Visit {
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const reader = createMembersReader(new FieldNames(messageType(name), this));
    this.#readers.set(name, reader);
    return reader;
  }
}

/** Passes over text that is Base64, as far as that is looked at. */
const readBase64: Visit = (cursor) => cursor.skipPlainString() && cursor.isOf(BASE64_BYTES, BASE64_HEAD);

function createMembersReader(names: FieldNames): Visit {
  let seen = 0;
  const onMember: Visit = (cursor) => {
    const index = names.indexOf(cursor);
    if (index === -1 || (seen & (1 << index)) !== 0) return false;
    seen |= 1 << index;
    return names.read(index, cursor);
  };
  return (cursor) => {
    const outer = seen;
    seen = 0;
    const isGood = cursor.eachMember(onMember);
    seen = outer;
    return isGood;
  };
}

function createNumberReader(field: Field, owner: MessageType): Visit {
  const {min, max} = rangeOf(owner.name, field) ?? {min: -Infinity, max: Infinity};
  const isWhole = field.kind !== 'float';
  return (cursor) => {
    const number = cursor.readNumber();
    if (number === undefined || (isWhole && !Number.isInteger(number))) return false;
    return field.shape !== 'one' || (number >= min && number <= max);
  };
}

/** Finds which field of a message the cursor names. Fields have numbers, below 32, so that a set of them is one integer. */
export class FieldNames {
  readonly #fields: readonly Field[];
  readonly #readers: readonly Visit[];
  readonly #choices: ReadonlySet<number>;
  /** By length, since most names differ in that already. */
  readonly #byLength: (readonly {readonly bytes: Uint8Array; readonly index: number}[])[] = [];

  constructor(type: MessageType, schema: SchemaScan) {
    this.#fields = type.fields;
    this.#readers = type.fields.map((field) => schema.readerOf(field, type));
    this.#choices = new Set(type.oneOf.map((name) => type.fields.findIndex((field) => field.name === name)));
    for (const [index, {name}] of type.fields.entries()) {
      for (const spelling of spellings(name)) {
        const bytes = Buffer.from(spelling);
        this.#byLength[bytes.length] = [...(this.#byLength[bytes.length] ?? []), {bytes, index}];
      }
    }
  }

  /** The number of the field whose value comes next; -1 when it is none of them. */
  indexOf(cursor: JsonCursor): number {
    const candidates = this.#byLength[cursor.spanLength];
    if (candidates === undefined) return -1;
    for (const {bytes, index} of candidates) if (cursor.is(bytes)) return index;
    return -1;
  }

  nameOf(index: number): string | undefined {
    return this.#fields[index]?.name;
  }

  /** The number of a field as one bit. */
  bit(name: string): number {
    return 1 << this.#fields.findIndex((field) => field.name === name);
  }

  /** Whether the field is one of those of which a message can have only one. */
  isChoice(index: number): boolean {
    return this.#choices.has(index);
  }

  /** Passes over the value of a field. */
  read(index: number, cursor: JsonCursor): boolean {
    return this.#readers[index]?.(cursor) ?? false;
  }
}
