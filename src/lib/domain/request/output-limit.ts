import {JsonCursor, type Visit} from '../json/json-cursor.js';

/** A new output limit: so many tokens, or so many times the limit that the request has, but not above what the model takes. */
export type OutputLimit = number | {readonly factor: number; readonly most?: number | undefined};

/**
 * The service takes both spellings (https://ai.google.dev/api/generate-content#generationconfig); a line keeps the one
 * that it has.
 */
const CONFIG_NAMES = ['generation_config', 'generationConfig'] as const;
const LIMIT_NAMES = ['maxOutputTokens', 'max_output_tokens'] as const;

/**
 * Raises the output limit of one request line, and changes no other byte of it.
 *
 * @param line - the bytes of the line without its newline.
 * @returns the new line; the very same bytes when there is nothing to raise: no request, a limit that is as high already,
 *   or a factor without a limit that it could apply to.
 */
export function withOutputLimit(line: Uint8Array, limit: OutputLimit): Uint8Array {
  const found = findLimit(line);
  const raised = found === undefined ? null : raise(found.value, limit);
  if (found === undefined || raised === null) return line;
  return Buffer.concat([
    line.subarray(0, found.start),
    Buffer.from(found.textFor(raised)),
    line.subarray(found.end),
  ]);
}

/** Whether a request line has an output limit of its own. */
export function hasOutputLimit(line: Uint8Array): boolean {
  return findLimit(line)?.value !== undefined;
}

/** Where the limit of a line is, or where it belongs. */
interface LimitPlace {
  readonly start: number;
  readonly end: number;
  readonly value?: number;
  /** What stands there for a limit. */
  readonly textFor: (limit: number) => string;
}

/** A place for a new member at the start of the object that the cursor stands on. */
interface OpenObject {
  readonly at: number;
  readonly isEmpty: boolean;
}

/** @returns undefined when the line is no request. */
function findLimit(line: Uint8Array): LimitPlace | undefined {
  const found = new LimitScan();
  const isRead = new JsonCursor().walkObject(line, {start: 0, end: line.length}, found.visitRow);
  return isRead ? found.place : undefined;
}

class LimitScan {
  #request: OpenObject | undefined;
  readonly #configs = new Map<string, OpenObject>();
  readonly #limits = new Map<string, LimitPlace>();

  get place(): LimitPlace | undefined {
    const configName = CONFIG_NAMES.find((name) => this.#configs.has(name));
    const config = this.#configs.get(configName ?? '');
    if (configName === undefined || config === undefined) {
      const [limitName] = LIMIT_NAMES;
      return insertion(this.#request, (limit) => `"generationConfig":{"${limitName}":${limit}}`);
    }
    const limitName = LIMIT_NAMES.find((name) => this.#limits.has(`${configName}.${name}`));
    if (limitName !== undefined) return this.#limits.get(`${configName}.${limitName}`);
    const newName = configName === 'generation_config' ? 'max_output_tokens' : 'maxOutputTokens';
    return insertion(config, (limit) => `"${newName}":${limit}`);
  }

  readonly visitRow: Visit = (cursor) => {
    if (!cursor.is(REQUEST)) return cursor.skipValue();
    const request = this.#object(cursor, this.#visitRequest);
    this.#request = request;
    return request !== undefined;
  };

  readonly #visitRequest: Visit = (cursor) => {
    const name = CONFIG_NAMES.find((each) => cursor.is(Buffer.from(each)));
    if (name === undefined) return cursor.skipValue();
    for (const limit of LIMIT_NAMES) this.#limits.delete(`${name}.${limit}`);
    const config = this.#object(cursor, (member) => this.#visitConfig(member, name));
    if (config === undefined) return false;
    this.#configs.set(name, config);
    return true;
  };

  #visitConfig(cursor: JsonCursor, config: string): boolean {
    const name = LIMIT_NAMES.find((each) => cursor.is(Buffer.from(each)));
    if (name === undefined) return cursor.skipValue();
    const start = cursor.next;
    const value = cursor.isNumber() ? cursor.readNumber() : undefined;
    if (value === undefined && !cursor.skipValue()) return false;
    const place = {start, end: cursor.position, textFor: String};
    this.#limits.set(`${config}.${name}`, value === undefined ? place : {...place, value});
    return true;
  }

  #object(cursor: JsonCursor, visit: Visit): OpenObject | undefined {
    const at = cursor.next + 1;
    let isEmpty = true;
    const isRead = cursor.eachMember((member) => {
      isEmpty = false;
      return visit(member);
    });
    return isRead ? {at, isEmpty} : undefined;
  }
}

function insertion(
  object: OpenObject | undefined,
  member: (limit: number) => string,
): LimitPlace | undefined {
  if (object === undefined) return undefined;
  const {at, isEmpty} = object;
  return {start: at, end: at, textFor: (limit) => `${member(limit)}${isEmpty ? '' : ','}`};
}

/** The new limit; null when it is no higher than the old one. */
function raise(old: number | undefined, limit: OutputLimit): number | null {
  if (old === undefined) return typeof limit === 'number' ? limit : null;
  const raised =
    typeof limit === 'number' ? limit : Math.min(limit.most ?? Infinity, Math.ceil(old * limit.factor));
  return raised > old ? raised : null;
}

const REQUEST = Buffer.from('request');
