import type {JobUsage} from '../job/job-record.js';
import {modelLabel} from '../job/model-choice.js';
import {fieldOf, isObject, isText} from '../json/json-object.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {costOf} from './cost.js';
import {entryOf, priceOn, type PricedService, type PriceList} from './price-list.js';
import {addUsage, NO_USAGE, usageOf, type Usage} from './usage.js';

/** By which prices a result file is accounted for. */
export interface AccountTerms {
  readonly prices: PriceList;
  readonly service: PricedService;
  /** The day, UTC, as `2026-11-27`. */
  readonly day: string;
  /** The model of the job, for rows that do not say which model answered. */
  readonly model: string | undefined;
}

interface VersionSum {
  rows: number;
  cost_usd: number | null;
}

/** Longer rows are not read for their usage, which is unknown then. */
const LONGEST_ROW_BYTES = 256 * 1024 * 1024;

/**
 * Sums up what the rows of a result file used and cost, while its bytes pass by. Each row is priced by the model that
 * answered it: the service may have put another in the place of the one that was asked for.
 */
export class UsageSum {
  readonly #terms: AccountTerms;
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#addLine(bytes, start, end));
  readonly #versions = new Map<string, VersionSum>();
  #usage: Usage = NO_USAGE;
  #rows = 0;

  constructor(terms: AccountTerms) {
    this.#terms = terms;
  }

  /** Takes the next bytes of the file; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  finish(): JobUsage {
    this.#splitter.finish();
    const costs = [...this.#versions.values()].map(({cost_usd: cost}) => cost);
    return {
      ...this.#usage,
      rows: this.#rows,
      by_model_version: Object.fromEntries(this.#versions),
      cost_usd: costs.reduce(addCosts, 0),
      prices_read_on: this.#terms.prices.read_on,
    };
  }

  #addLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    const row = end - start > LONGEST_ROW_BYTES ? {response: {}} : parsed(bytes, start, end);
    const response = fieldOf(row, 'response');
    if (!isObject(response)) return; // An error: rows that failed are not charged for tokens.
    const version = response['modelVersion'];
    this.#addRow(isText(version) ? version : modelLabel(this.#terms.model ?? 'unknown'), usageOf(response));
  }

  #addRow(version: string, usage: Usage): void {
    const {prices, service, day} = this.#terms;
    const price = priceOn(prices, version, {service, day});
    const search = entryOf(prices, version)?.search;
    const cost = price === undefined ? null : costOf(usage, {price, search});
    const sum = this.#versions.get(version) ?? {rows: 0, cost_usd: 0};
    this.#versions.set(version, {rows: sum.rows + 1, cost_usd: addCosts(sum.cost_usd, cost)});
    this.#usage = addUsage(this.#usage, usage);
    this.#rows += 1;
  }
}

/** Unknown and something is unknown. */
export function addCosts(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** Read as Latin-1, which is quicker: the numbers that count here are ASCII. */
function parsed(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
  } catch {
    return undefined; // What is not JSON is a row without usage; the check of the rows says so.
  }
}
