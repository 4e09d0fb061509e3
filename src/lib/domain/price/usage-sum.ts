import type {JobUsage} from '../job/job-record.js';
import {withoutMedia} from '../result/without-media.js';
import {modelLabel} from '../service/model-choice.js';
import {fieldOf, isObject, isText} from '../json/json-object.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {costOf, type CostTerms} from './cost.js';
import {entryOf, priceOn, type PricedService, type PriceList} from './price-list.js';
import type {ScannedUsage} from './usage-scan.js';
import {addUsage, emptyTotal, usageOf, type Usage} from './usage.js';

/** By which prices a result file is accounted for. */
export interface AccountTerms {
  readonly prices: PriceList;
  readonly service: PricedService;
  /** The day, UTC, as `2026-11-27`. */
  readonly day: string;
  /** The model of the job, for rows that do not say which model answered. */
  readonly model: string | undefined;
}

/** Bytes of a row, from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
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
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#addLine(bytes, start, end), {
    maxBytes: LONGEST_ROW_BYTES,
    onTooLong: () => this.addUnreadRow(),
  });
  readonly #versions = new Map<string, VersionSum>();
  /** By model version; null where its price is not known. */
  readonly #prices = new Map<string, CostTerms | null>();
  readonly #usage = emptyTotal();
  #rows = 0;
  #retiresAt: string | undefined;

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
      ...(this.#retiresAt === undefined ? {} : {retires_at: this.#retiresAt}),
    };
  }

  /**
   * Takes one row, for a caller that has cut the file into lines already.
   *
   * @param used - what its response used, if the caller has read it.
   */
  addRow(bytes: Uint8Array, row: Span, used?: ScannedUsage): void {
    if (used === undefined) this.#add(responseOf(bytes, row));
    else this.#addUsage(used.modelVersion, used.usage, 1);
  }

  /** Takes a row away that was added: it is a copy of another. */
  removeRow(bytes: Uint8Array, row: Span): void {
    this.#add(responseOf(bytes, row), -1);
  }

  /** Takes a row of which nothing is known. */
  addUnreadRow(): void {
    this.#add({});
  }

  #addLine(bytes: Uint8Array, start: number, end: number): void {
    if (!isBlank(bytes, start, end)) this.addRow(bytes, {start, end});
  }

  #add(response: unknown, times: 1 | -1 = 1): void {
    if (!isObject(response)) return; // An error: rows that failed are not charged for tokens.
    const retiresAt = fieldOf(response['modelStatus'], 'retirementTime');
    if (isText(retiresAt)) this.#retiresAt ??= retiresAt;
    this.#addUsage(response['modelVersion'], usageOf(response), times);
  }

  #addUsage(modelVersion: unknown, usage: Usage, times: 1 | -1): void {
    const version = isText(modelVersion) ? modelVersion : modelLabel(this.#terms.model ?? 'unknown');
    const terms = this.#termsOf(version);
    const cost = terms === null ? null : costOf(usage, terms);
    const sum = this.#sumOf(version);
    sum.cost_usd = addCosts(sum.cost_usd, cost === null ? null : cost * times);
    sum.rows += times;
    addUsage(this.#usage, usage, times);
    this.#rows += times;
  }

  #sumOf(version: string): VersionSum {
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const sum = {rows: 0, cost_usd: 0};
    this.#versions.set(version, sum);
    return sum;
  }

  #termsOf(version: string): CostTerms | null {
    const known = this.#prices.get(version);
    if (known !== undefined) return known;
    const {prices, service, day} = this.#terms;
    const price = priceOn(prices, version, {service, day});
    const {search, maps_usd_per_1000: maps} = entryOf(prices, version) ?? {};
    const terms = price === undefined ? null : {price, search, maps};
    this.#prices.set(version, terms);
    return terms;
  }
}

/** Unknown and something is unknown. */
export function addCosts(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** Read as Latin-1, which is quicker: the numbers that count here are ASCII. */
function responseOf(bytes: Uint8Array, {start, end}: Span): unknown {
  const line = withoutMedia(bytes.subarray(start, end));
  try {
    return fieldOf(
      JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1')),
      'response',
    );
  } catch {
    return undefined; // What is not JSON is a row without usage; the check of the rows says so.
  }
}
