import type {Price} from '../../domain/price/price-list.js';
import type {ListedModel, ModelList} from '../../workflows/list/list-models.js';
import {formatTokens} from '../text/money.js';
import {tableLines, type Column} from '../text/table.js';

const COLUMNS: readonly Column<ListedModel>[] = [
  {title: 'MODEL', align: 'left', rank: 0, cell: ({model}) => model},
  {
    title: 'CONTEXT',
    align: 'right',
    rank: 3,
    cell: ({max_input_tokens: tokens}) => (tokens === null ? '' : formatTokens(tokens)),
  },
  {title: 'INPUT', align: 'right', rank: 0, cell: ({price}) => rate(price, 'input')},
  {title: 'CACHED', align: 'right', rank: 4, cell: ({price}) => rate(price, 'cached_input')},
  {title: 'OUTPUT', align: 'right', rank: 0, cell: ({price}) => rate(price, 'output')},
  {title: 'BATCHES', align: 'left', rank: 1, cell: ({takes_batches: takes}) => batches(takes)},
  {title: 'CHANGES', align: 'left', rank: 2, cell: changeOf},
];

/** The screen of `gembatch models`. */
export function modelsLines(list: ModelList, {columns}: {columns: number}): readonly string[] {
  const wasAsked = list.listed.some(({takes_batches: takes}) => takes !== null);
  const shown = wasAsked ? COLUMNS : COLUMNS.filter(({title}) => title !== 'BATCHES');
  const table = tableLines(list.listed, shown, columns);
  // Where the table has no room for it, what becomes of a price must not be lost.
  const changes = table[0]?.includes('CHANGES') === true ? [] : changeLines(list.listed);
  return [
    ...table,
    '',
    ...changes,
    `USD per million tokens in a batch job, as read on ${list.read_on}. "+" means more for long prompts, images or audio: see --json.`,
    ...(wasAsked ? [] : ['With an API key, gembatch asks the service which models take batch jobs.']),
  ];
}

function rate(price: Price | null, kind: 'input' | 'cached_input' | 'output'): string {
  const [first, ...tiers] = price?.rates ?? [];
  if (first === undefined) return 'unknown';
  const rates = first[kind];
  if (rates === null) return '–';
  const hasMore = tiers.length > 0 || Object.keys(rates).length > 1;
  return `${rates.text}${hasMore ? '+' : ''}`;
}

function batches(takes: boolean | null): string {
  return takes === null ? '' : takes ? 'yes' : 'no';
}

function changeLines(models: readonly ListedModel[]): readonly string[] {
  const changes = models.flatMap((model) => {
    const text = changeOf(model);
    return text === '' ? [] : [`  ${model.model}: ${text}`];
  });
  return changes.length === 0 ? [] : ['Changes, input / output:', ...changes, ''];
}

function changeOf({next_price: next, retires_on: retires, rerouted_to: successor}: ListedModel): string {
  const parts = [
    ...(next === null
      ? []
      : [`${rate(next, 'input')} / ${rate(next, 'output')} from ${next.effective_from ?? ''}`]),
    ...(retires === null
      ? []
      : [successor === null ? `ends on ${retires}` : `becomes ${successor} on ${retires}`]),
  ];
  return parts.join(', ');
}
