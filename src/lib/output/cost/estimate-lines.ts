import type {Range} from '../../domain/estimate/range.js';
import type {Estimate} from '../../workflows/estimate/estimate-files.js';
import type {FileEstimate} from '../../workflows/estimate/file-estimator.js';
import {errorLines} from '../text/error-text.js';
import {formatCount, plural} from '../text/format.js';
import {describeCost, formatCostRange, formatTokens} from '../text/money.js';
import {tableLines, type Column} from '../text/table.js';

const COLUMNS: readonly Column<FileEstimate>[] = [
  {title: 'FILE', align: 'left', rank: 0, cell: ({file}) => file},
  {title: 'REQUESTS', align: 'right', rank: 3, cell: ({requests}) => formatCount(requests)},
  {title: 'INPUT TOKENS', align: 'right', rank: 2, cell: (file) => tokens(file.input_tokens)},
  {title: 'OUTPUT TOKENS', align: 'right', rank: 1, cell: (file) => tokens(file.output_tokens)},
  {title: 'COST', align: 'right', rank: 0, cell: ({cost_usd: cost}) => formatCostRange(cost)},
];

/** The screen of `gembatch estimate`: a table, the total, and what is behind the numbers. */
export function estimateLines(estimate: Estimate, {columns}: {columns: number}): readonly string[] {
  const {files, failed} = estimate;
  return [
    ...(files.length === 0 ? [] : [...tableLines(files, COLUMNS, columns), '', totalLine(estimate)]),
    ...(files.length === 0 ? [] : notes(estimate)),
    ...estimate.warnings.map((text) => `Warning: ${text}`),
    ...failed.flatMap(({error}) => errorLines(error)),
  ];
}

/** What the service would not count. */
function sampleNotes(files: readonly FileEstimate[]): readonly string[] {
  return files.flatMap(({file, sample}) =>
    sample?.refusal === undefined
      ? []
      : [`${file}: ${plural(sample.refused, 'request')} could not be counted. ${sample.refusal}`],
  );
}

function methodNote(files: readonly FileEstimate[]): string {
  const samples = files.map(({sample}) => sample).filter((sample) => sample !== undefined);
  const [first] = samples;
  if (first !== undefined) {
    const counted = samples.reduce((sum, {requests}) => sum + requests, 0);
    return `Input as the service counted ${plural(counted, 'request')}: between low and high in ${first.confidence * 100} of 100 such samples. Output is bounded by maxOutputTokens or the limit of the model.`;
  }
  return files.some(({method}) => method === 'history')
    ? 'Tokens as in your finished jobs of this model.'
    : 'Tokens counted without the service; output is bounded by maxOutputTokens or the limit of the model.';
}

/** One line for all files: what a person wants to know before a run. */
export function totalLine({total, files, sample_of: all, unread_files: unread = 0}: Estimate): string {
  const {requests, cost_usd: cost, cost_usd_known: known} = total;
  const count = plural(requests, 'request');
  const counted =
    all === undefined ? count : `about ${count} (estimated from ${formatCount(files.length)} of the files)`;
  const of = `${plural(all ?? files.length, 'file')}, ${counted}`;
  if (cost !== null) {
    return `${of}: ${describeCost(cost)}.`;
  }
  if (unread > 0) {
    const rest = `${plural(unread, 'file')} in a bucket ${unread === 1 ? 'is' : 'are'} not read, so that the whole cost is unknown`;
    if (files.length === 0) return `${rest}.`;
    return `${of}: ${describeCost(known)}; ${rest}.`;
  }
  return known.high === 0
    ? `${of}: the cost is unknown.`
    : `${of}: the cost is unknown; what is known costs ${describeCost(known)}.`;
}

function notes({files, total, prices}: Estimate): readonly string[] {
  const uncounted = files.reduce((sum, {uncounted_parts: parts}) => sum + parts, 0);
  const unlimited = files.reduce((sum, {unlimited_requests: requests}) => sum + requests, 0);
  return [
    ...total.price_missing.map(
      (model) =>
        `No price is known for ${model}; choose a model with --model, or a price list with --prices.`,
    ),
    ...(uncounted === 0
      ? []
      : [
          `${plural(uncounted, 'part')} are files by address or cached content, which only the service can count.`,
        ]),
    ...(unlimited === 0
      ? []
      : [
          `${plural(unlimited, 'request')} ${unlimited === 1 ? 'has' : 'have'} no maxOutputTokens; setting it lowers the highest cost.`,
        ]),
    ...sampleNotes(files),
    methodNote(files),
    `Batch prices as read on ${prices.read_on}; searches by failed requests are billed too, but no row shows them.`,
  ];
}

function tokens({low, high}: Range): string {
  return low === high ? formatTokens(low) : `${formatTokens(low)} – ${formatTokens(high)}`;
}
