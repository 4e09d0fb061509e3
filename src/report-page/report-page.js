// The code of the page that "gembatch report" writes: draws the data that stands in it. Every text of the data goes into the
// page as text, never as HTML.
import * as Plot from '@observablehq/plot';

const data = JSON.parse(document.querySelector('#data').textContent);
const page = document.querySelector('#page');
const current = data.jobs.filter(({replaced}) => !replaced);

/** An element with attributes and children; a child that is a string becomes a text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const number = new Intl.NumberFormat('en');
const usd = (amount) => (amount === null ? 'unknown' : `$${amount.toFixed(amount < 1 ? 4 : 2)}`);
const total = (items, valueOf) => items.reduce((sum, item) => sum + (valueOf(item) ?? 0), 0);
const groups = (items, keyOf) => Map.groupBy?.(items, keyOf) ?? grouped(items, keyOf);

function grouped(items, keyOf) {
  const found = new Map();
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return found;
}

function heading() {
  const good = current.filter(({outcome}) => outcome === 'done').length;
  const bad = total(current, ({bad}) => bad);
  const cost =
    data.cost_usd === null ? `${usd(data.cost_usd_known)} known, the rest is unknown` : usd(data.cost_usd);
  const facts = [
    ['Files done', `${good} of ${current.length}`],
    ['Rows ok', number.format(total(current, ({ok}) => ok))],
    ['Rows that need attention', number.format(bad)],
    ['Cost', cost],
  ];
  return element(
    'header',
    {},
    element('h1', {}, 'Batch report'),
    element('p', {}, `${data.job_info}, ${new Date(data.made_at).toLocaleString()}`),
    element(
      'dl',
      {},
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    ),
    ...(data.price_missing.length === 0
      ? []
      : [element('p', {class: 'warning'}, `No price is known for ${data.price_missing.join(', ')}.`)]),
    ...data.problems.map((problem) => element('p', {class: 'warning'}, problem)),
  );
}

/** Colours that say the same in every plot; what has none gets one of the rest. */
const COLORS = {
  ok: '#2a9d5c',
  done: '#2a9d5c',
  'needs attention': '#d9822b',
  'bad rows': '#d9822b',
  running: '#4a90d9',
  failed: '#d64545',
  altered: '#8e44ad',
  lost: '#8e44ad',
  'not seen': '#8e44ad',
  expired: '#a94064',
  cancelled: '#888888',
};

/** A legend with the outcomes that there are. */
function outcomeColors(names) {
  const domain = [...new Set(names)].sort((a, b) => a.localeCompare(b));
  return {legend: true, domain, range: domain.map((name) => COLORS[name] ?? '#666666')};
}

const words = (outcome) => outcome.replaceAll('_', ' ');

function failedJobs() {
  const failed = current.filter(({outcome}) => !['done', 'running', 'bad_rows'].includes(outcome));
  if (failed.length === 0) return null;
  const lines = failed.map(({file, job, outcome, reason}) =>
    element(
      'li',
      {},
      element('bdi', {}, file),
      ` ${words(outcome)}`,
      reason === null ? '' : ': ',
      element('bdi', {}, reason ?? ''),
      ` (${job})`,
    ),
  );
  return element(
    'section',
    {id: 'failed'},
    element('h2', {}, 'Jobs that did not work'),
    element('ul', {}, ...lines),
  );
}

/** A section with a plot that is drawn anew when the page gets another width. */
function plotSection(id, title, summary, options) {
  const frame = element('div', {class: 'plot'});
  let drawnWidth = 0;
  const draw = () => {
    const width = Math.max(280, Math.round(frame.clientWidth || 640));
    if (width === drawnWidth) return;
    drawnWidth = width;
    const drawn = Plot.plot({...options(width), width, ariaLabel: title, ariaDescription: summary});
    frame.replaceChildren(drawn);
  };
  new ResizeObserver(draw).observe(frame);
  addEventListener('beforeprint', draw);
  return element('section', {id}, element('h2', {}, title), element('p', {}, summary), frame);
}

const shortName = (name) => (name.length > 24 ? `${name.slice(0, 11)}…${name.slice(-12)}` : name);
const margin = (width) => (width < 500 ? 110 : 190);
const HEIGHT_OF_BAR = 18;
const MOST_BARS = 60;

function timeLine() {
  const timed = data.jobs.filter(({created}) => created !== null);
  if (timed.length === 0) return null;
  const bars = timed.map((job) => ({
    ...job,
    kind: words(job.outcome),
    from: new Date(job.created),
    to: new Date(job.ended ?? data.made_at),
  }));
  bars.sort((a, b) => a.from - b.from);
  return plotSection(
    'time-line',
    'Jobs over time',
    `${bars.length} batch jobs from their creation to their end.`,
    (width) => ({
      height: Math.min(1200, 60 + bars.length * Math.max(2, Math.min(HEIGHT_OF_BAR, 1100 / bars.length))),
      marginLeft: 20,
      x: {label: null, type: 'utc', grid: true},
      y: {axis: null},
      color: outcomeColors(bars.map(({kind}) => kind)),
      marks: [
        Plot.barX(bars, {
          x1: 'from',
          x2: 'to',
          y: (_job, index) => index,
          fill: 'kind',
          title: ({file, job, model, kind}) => `${file}\n${job}\n${model}\n${kind}`,
        }),
      ],
      ticks: width < 500 ? 4 : 8,
    }),
  );
}

function turnaround() {
  const minutes = (from, to) => (new Date(to) - new Date(from)) / 60_000;
  const times = data.jobs.flatMap(({model, created, started, ended}) => {
    if (created === null || ended === null) return [];
    const hasStart = started !== null && minutes(created, started) >= 0 && minutes(started, ended) >= 0;
    if (!hasStart) return [{model, kind: 'both', minutes: minutes(created, ended)}];
    return [
      {model, kind: 'queue', minutes: minutes(created, started)},
      {model, kind: 'run', minutes: minutes(started, ended)},
    ];
  });
  if (times.length === 0) return null;
  const kinds = ['queue', 'run', 'both'].filter((kind) => times.some((time) => time.kind === kind));
  const medians = kinds.map((kind) => {
    const own = times.filter((time) => time.kind === kind).map((time) => time.minutes);
    const median = own.sort((a, b) => a - b)[Math.floor(own.length / 2)];
    return `${kind === 'both' ? 'queue and run together' : kind} ${duration(median)}`;
  });
  const models = groups(times, ({model}) => model).size;
  return plotSection(
    'turnaround',
    'Queue and run time',
    `Medians: ${medians.join(', ')}. A job counts as running from the first look that found it so; where no look did, its times are one.`,
    (width) => ({
      height: 60 + kinds.length * (24 + models * HEIGHT_OF_BAR),
      marginLeft: margin(width),
      marginRight: 50,
      x: {label: 'minutes', grid: true},
      y: {label: null, tickFormat: shortName},
      fy: {label: null, domain: kinds},
      marks: [Plot.boxX(times, {x: 'minutes', y: 'model', fy: 'kind'})],
    }),
  );
}

function duration(minutes) {
  return minutes < 90 ? `${minutes.toFixed(1)} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}

function outcomes() {
  const parts = current.flatMap(({file, ok, bad, outcome, requests}) =>
    ok === null
      ? [{file, kind: words(outcome), rows: requests ?? 1}]
      : [
          {file, kind: 'ok', rows: ok},
          {file, kind: 'needs attention', rows: bad ?? 0},
        ],
  );
  const badness = (file) =>
    total(
      parts.filter((part) => part.file === file && part.kind !== 'ok'),
      ({rows}) => rows,
    );
  const worst = [...groups(parts, ({file}) => file).keys()]
    .sort((a, b) => badness(b) - badness(a))
    .slice(0, MOST_BARS);
  if (worst.length === 0) return null;
  const shown = new Set(worst);
  const rest = current.length - shown.size;
  const text = `Rows by what became of them, the worst file first${rest > 0 ? `; ${rest} more files are not drawn` : ''}.`;
  return plotSection('outcomes', 'Outcomes by file', text, (width) => ({
    height: 70 + worst.length * HEIGHT_OF_BAR,
    marginLeft: margin(width),
    x: {label: 'rows', grid: true},
    y: {label: null, domain: worst, tickFormat: shortName},
    color: outcomeColors(parts.map(({kind}) => kind)),
    marks: [
      Plot.barX(
        parts.filter(({file}) => shown.has(file)),
        {
          x: 'rows',
          y: 'file',
          fill: 'kind',
          title: ({file, kind, rows}) => `${file}\n${kind}: ${number.format(rows)}`,
        },
      ),
    ],
  }));
}

function costs() {
  const known = data.jobs.filter(({cost_usd: cost}) => cost !== null);
  if (known.length === 0) return null;
  const by = (keyOf) =>
    [...groups(known, keyOf)].map(([name, jobs]) => ({
      name,
      cost: total(jobs, ({cost_usd: cost}) => cost),
      likely: jobs.every(({estimate_usd: estimate}) => estimate !== null)
        ? total(jobs, ({estimate_usd: estimate}) => estimate.likely)
        : null,
    }));
  const plotOf = (id, title, rows) => {
    const shown = rows.toSorted((a, b) => b.cost - a.cost).slice(0, MOST_BARS);
    return plotSection(
      id,
      title,
      'Bars are what it cost; lines are the estimate before, where there was one.',
      (width) => ({
        height: 70 + shown.length * HEIGHT_OF_BAR,
        marginLeft: margin(width),
        x: {label: 'USD', grid: true},
        y: {label: null, domain: shown.map(({name}) => name), tickFormat: shortName},
        marks: [
          Plot.barX(shown, {
            x: 'cost',
            y: 'name',
            fill: 'var(--accent)',
            title: ({name, cost, likely}) =>
              `${name}\n${usd(cost)}${likely === null ? '' : `, estimated ${usd(likely)}`}`,
          }),
          Plot.tickX(
            shown.filter(({likely}) => likely !== null),
            {x: 'likely', y: 'name', strokeWidth: 3},
          ),
        ],
      }),
    );
  };
  const day = ({ended, created}) => (ended ?? created ?? 'unknown').slice(0, 10);
  return [
    plotOf(
      'cost-by-model',
      'Cost by model',
      by(({model}) => model),
    ),
    plotOf('cost-by-day', 'Cost by day', by(day)),
    plotOf(
      'cost-by-file',
      'Cost by file',
      by(({file}) => file),
    ),
  ];
}

function tokens() {
  const parts = data.jobs.flatMap(
    ({model, input_tokens: input, thoughts_tokens: thoughts, output_tokens: output}) => [
      {model, kind: 'input', tokens: input ?? 0},
      {model, kind: 'thoughts', tokens: thoughts ?? 0},
      {model, kind: 'output', tokens: output ?? 0},
    ],
  );
  if (total(parts, ({tokens: count}) => count) === 0) return null;
  return plotSection(
    'tokens',
    'Tokens by model',
    `${number.format(total(parts, ({tokens: count}) => count))} tokens in all.`,
    (width) => ({
      marginLeft: margin(width),
      x: {label: 'tokens', grid: true, tickFormat: 's'},
      y: {label: null, tickFormat: shortName},
      color: {legend: true},
      marks: [Plot.barX(parts, Plot.groupY({x: 'sum'}, {x: 'tokens', y: 'model', fill: 'kind'}))],
    }),
  );
}

function lengths() {
  if (data.lengths.length === 0) return null;
  const bins = data.lengths.map((bin) => ({...bin, to: bin.from * 2}));
  return plotSection(
    'lengths',
    'Length of answers',
    `${number.format(total(bins, ({count}) => count))} good answers by the bytes of their text.`,
    () => ({
      x: {label: 'bytes', type: 'log', base: 2, tickFormat: 's', grid: true},
      y: {label: 'answers', grid: true},
      color: {legend: true},
      marks: [
        Plot.rectY(bins, {
          x1: 'from',
          x2: 'to',
          y: 'count',
          fill: 'model',
          title: ({model, from, to, count}) => `${model}\n${from} to ${to} bytes: ${number.format(count)}`,
        }),
        Plot.ruleY([0]),
      ],
    }),
  );
}

const ROWS_AT_ONCE = 25;

function rowTable() {
  if (data.rows.length === 0 && data.rows_left_out === 0) return null;
  const search = element('input', {
    type: 'search',
    id: 'search',
    'aria-label': 'Search the rows',
    placeholder: 'Search',
  });
  const choice = element(
    'select',
    {id: 'outcome', 'aria-label': 'Outcome'},
    ...['all outcomes', ...new Set(data.rows.map(({outcome}) => outcome))].map((name) =>
      element('option', {}, name),
    ),
  );
  const status = element('p', {role: 'status', id: 'shown'});
  const body = element('tbody');
  const more = element('button', {type: 'button', id: 'more'}, 'Show more');
  let limit = ROWS_AT_ONCE;
  const show = () => {
    const words = search.value.trim().toLowerCase();
    const found = data.rows.filter(
      (row) =>
        (choice.selectedIndex === 0 || row.outcome === choice.value) &&
        (words === '' ||
          [row.file, row.key, row.reason, row.request, row.answer].some((text) =>
            text?.toLowerCase().includes(words),
          )),
    );
    const shown = found.slice(0, limit);
    body.replaceChildren(...shown.map(rowOf));
    more.hidden = found.length <= limit;
    const left =
      data.rows_left_out === 0
        ? ''
        : ` ${number.format(data.rows_left_out)} more have no room on this page; "results --failed" lists them all.`;
    status.textContent = `${number.format(shown.length)} of ${number.format(found.length)} rows.${left}`;
  };
  const restart = () => {
    limit = ROWS_AT_ONCE;
    show();
  };
  search.addEventListener('input', restart);
  choice.addEventListener('change', restart);
  more.addEventListener('click', () => {
    limit += ROWS_AT_ONCE;
    show();
  });
  show();
  const titles = ['File', 'Line', 'Key', 'Outcome', 'Reason', 'Request and answer'];
  return element(
    'section',
    {id: 'rows'},
    element('h2', {}, 'Rows that need attention'),
    element('div', {class: 'filters'}, search, choice),
    status,
    element(
      'div',
      {class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Rows that need attention'},
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element('tr', {}, ...titles.map((title) => element('th', {scope: 'col'}, title))),
        ),
        body,
      ),
    ),
    more,
  );
}

function rowOf({file, line, key, outcome, reason, request, answer}) {
  const cell = (text) => element('td', {}, element('bdi', {}, text));
  const detail = element(
    'details',
    {},
    element('summary', {}, 'show'),
    element('h3', {}, 'Request'),
    element('pre', {dir: 'auto'}, request),
    element('h3', {}, 'Answer'),
    element('pre', {dir: 'auto'}, answer === '' ? 'none' : answer),
  );
  return element(
    'tr',
    {},
    cell(file),
    cell(String(line)),
    cell(key ?? ''),
    cell(outcome),
    cell(reason),
    element('td', {}, detail),
  );
}

const sections = [
  heading(),
  failedJobs(),
  rowTable(),
  timeLine(),
  turnaround(),
  outcomes(),
  costs(),
  tokens(),
  lengths(),
];
page.replaceChildren(...sections.flat().filter((section) => section !== null));
