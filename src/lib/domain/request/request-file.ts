/**
 * Checks a request file while its bytes stream by, once. Good lines are recognised by a scan; only a line that the scan
 * does not accept is parsed and checked in full and, when something is wrong, searched for the place.
 */
import {isUtf8} from 'node:buffer';
import {isEmbeddingModel} from '../service/model-choice.js';
import {fieldOf, isText} from '../json/json-object.js';
import {locateInJson} from '../json/json-fault.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import type {FileProblem, RequestFileFacts, RequestFileReader} from './request-facts.js';
import {findLineFault} from './findings/request-fault.js';
import type {PricedService} from '../price/price-list.js';
import {problem, quoted, type RequestFinding, type Rule} from './findings/request-finding.js';
import {vertexFindings} from './findings/vertex-findings.js';
import {RequestKeys} from './request-keys.js';
import {judgeLine} from './request-line.js';
import {RequestScan} from './request-scan.js';

/** More problems than this say nothing new. */
const MAX_PROBLEMS = 20;
/** More kinds of warnings than this are noise. */
const MAX_WARNINGS = 10;
/** No request is this long; a line that is has lost its newlines, or is not text. */
const MAX_LINE_BYTES = 128 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface CheckOptions {
  /** What the requests are for, `models/<id>`; without it only what holds for all models is checked. */
  readonly model?: string;
  /** Where they go; the Gemini API when absent. */
  readonly service?: PricedService;
  /** Rules that are taken back: what they refuse becomes a warning. */
  readonly allowed?: readonly Rule[];
}

/** The check of one request file. */
export class RequestFileCheck implements RequestFileReader {
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#checkLine(bytes, start, end));
  readonly #scan: RequestScan | undefined;
  readonly #model: string | undefined;
  readonly #service: PricedService;
  readonly #allowed: ReadonlySet<Rule | undefined>;
  readonly #keys = new RequestKeys();
  readonly #problems: FileProblem[] = [];
  readonly #warnings = new Map<string, {firstLine: number; lineCount: number}>();
  #count = 0;
  /** Length of the line that is not ended yet. */
  #openBytes = 0;
  #isAtEnd = false;
  #hasGivenUp = false;

  constructor({model, service = 'gemini', allowed = []}: CheckOptions = {}) {
    // What Vertex AI refuses it knows no better than embeddings.
    const isUnknown = service === 'vertex' || (model !== undefined && isEmbeddingModel(model));
    this.#scan = isUnknown ? undefined : new RequestScan(model);
    this.#model = model;
    this.#service = service;
    this.#allowed = new Set<Rule | undefined>(allowed);
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  push(chunk: Uint8Array): void {
    const newline = chunk.lastIndexOf(NEWLINE);
    this.#openBytes = newline === -1 ? this.#openBytes + chunk.length : chunk.length - newline - 1;
    if (!this.#hasGivenUp) this.#splitter.push(chunk);
    if (this.#openBytes > MAX_LINE_BYTES) this.#giveUpOnLine();
  }

  finish(): RequestFileFacts {
    this.#isAtEnd = true;
    if (!this.#hasGivenUp) this.#splitter.finish();
    return {
      count: this.#count,
      problems: this.#problems,
      warnings: [...this.#warnings].map(([text, place]) => ({text, ...place})),
      isComplete: !this.#hasGivenUp,
    };
  }

  #checkLine(bytes: Uint8Array, start: number, end: number): void {
    if (this.#hasGivenUp || isBlank(bytes, start, end)) return;
    this.#count++;
    if (this.#scan?.isGood(bytes, start, end) === true) {
      const earlier = this.#keys.note(this.#scan.key, this.#splitter.lineNumber);
      if (earlier === undefined) return;
    }
    this.#judge(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start));
  }

  /** Reports what is wrong with a line, if anything is. */
  #judge(line: Buffer): void {
    const text = line.toString('utf8');
    const value = isUtf8(line) ? parsed(text) : undefined;
    if (value === undefined) {
      const fault = findLineFault(line, {isFirst: this.#count === 1, isOpen: this.#isAtEnd});
      this.#report({text: fault.text}, text.slice(0, fault.offset));
      this.#hasGivenUp ||= fault.isWholeFile;
      return;
    }
    const warned = new Set<string>();
    for (const finding of this.#findings(value)) {
      if (finding.severity === 'problem' && !this.#allowed.has(finding.rule)) {
        this.#report(finding, text.slice(0, locateInJson(text, finding.path)));
        return;
      }
      warned.add(finding.text);
    }
    for (const warning of warned) this.#warn(warning);
  }

  *#findings(value: unknown): Generator<RequestFinding> {
    const key = fieldOf(value, 'key');
    const earlier = isText(key) ? this.#keys.note(key, this.#splitter.lineNumber) : undefined;
    yield* judgeLine(value, this.#model);
    if (this.#service === 'vertex') yield* vertexFindings(fieldOf(value, 'request'));
    if (isText(key) && earlier !== undefined) {
      yield problem(['key'], `the key ${quoted(key)} is already used in line ${earlier}; keys must differ`);
    }
  }

  #report({text, rule}: Pick<FileProblem, 'text' | 'rule'>, before: string): void {
    const place = {line: this.#splitter.lineNumber, column: characterCount(before) + 1};
    this.#problems.push({...place, text, ...(rule === undefined ? {} : {rule})});
    this.#hasGivenUp ||= this.#problems.length >= MAX_PROBLEMS;
  }

  #warn(text: string): void {
    const known = this.#warnings.get(text);
    if (known !== undefined) known.lineCount++;
    else if (this.#warnings.size < MAX_WARNINGS) {
      this.#warnings.set(text, {firstLine: this.#splitter.lineNumber, lineCount: 1});
    }
  }

  #giveUpOnLine(): void {
    if (this.#hasGivenUp) return;
    const text = `the line is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB; write one request on each line`;
    this.#problems.push({line: this.#splitter.lineNumber + 1, column: 1, text});
    this.#hasGivenUp = true;
  }
}

/** The value of a JSON text; undefined when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Where and why it is none is found without the engine's words, which change between versions.
  }
}

/** Characters as people count them, where JavaScript would count two for an emoji. */
function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
