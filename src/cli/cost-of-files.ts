import {resolve} from 'node:path';
import type {Clock} from '../lib/domain/clock.js';
import {isCloudAddress} from '../lib/domain/bucket/bucket-input.js';
import type {PricedService, PriceList} from '../lib/domain/price/price-list.js';
import type {JobStore} from '../lib/store/job-store.js';
import type {Estimate} from '../lib/workflows/estimate/estimate-files.js';

/** What an estimate is made with: finished jobs to learn from, the date, and the prices. */
export interface EstimateContext {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly prices: PriceList;
  readonly service: PricedService;
}

/** What request files will use and cost at a model. */
export async function estimateOf(
  names: readonly string[],
  model: string,
  {store, clock, prices, service}: EstimateContext,
): Promise<Estimate> {
  const {estimateFiles, withUnread} = await import('../lib/workflows/estimate/estimate-files.js');
  const local = names.filter((name) => !isCloudAddress(name));
  const estimate = await estimateFiles({
    files: local.map((name) => ({name, path: resolve(name)})),
    model,
    service,
    prices,
    records: store.read().records.map(({record}) => record),
    nowMs: clock.now(),
  });
  return withUnread(estimate, names.length - local.length);
}

/** What request files will cost, one sentence for each model, to show before a question. */
export async function costOfFiles(
  files: readonly {readonly path: string; readonly model: string}[],
  context: EstimateContext,
): Promise<string> {
  const {totalLine} = await import('../lib/output/cost/estimate-lines.js');
  const sentences: string[] = [];
  for (const model of new Set(files.map((file) => file.model))) {
    const paths = files.filter((file) => file.model === model).map(({path}) => path);
    sentences.push(totalLine(await estimateOf(paths, model, context)));
  }
  return sentences.join(' ');
}
