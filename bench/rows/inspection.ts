import {join} from 'node:path';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runChild, runProcess} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';
import {requestLine, writeLines} from '../support/request-text.js';

const MIB = 1024 ** 2;
const ONE_CORE = ['taskset', '-c', '0'];
const TEXTS = [
  {text: 'ascii', name: 'ASCII', onOneCore: 1, onAll: 1.7},
  {text: 'mixed', name: 'text in several scripts', onOneCore: 1, onAll: 1.7},
] as const;

/** How fast a request file is checked, counted and hashed. */
export const inspection: Row = {
  id: 'inspect',
  title: 'Inspection of 1 GiB',
  how: 'Lines of five forms. All checks, against JSON.parse of each line plus SHA-256, streamed in one thread, on the same core and on all; and without checks, against wc and sha256sum. Without the start of Node. The quick form reads 64 MiB.',
  async run(bench) {
    const figures: Figure[] = [];
    for (const text of TEXTS) figures.push(...(await compare(bench, text)));
    return figures;
  },
};

async function compare(
  {folder, pick, note}: Bench,
  {text, name, onOneCore, onAll}: (typeof TEXTS)[number],
): Promise<Figure[]> {
  const path = join(folder, `${text}.jsonl`);
  note(name);
  await writeLines(path, (key) => requestLine(key, text), {bytes: pick(64, 1_024) * MIB});
  const child =
    (script: string, args: readonly string[], prefix: readonly string[] = []) =>
    async () =>
      (await runChild<{ms: number}>(script, [path, ...args], {cwd: folder, prefix})).ms;
  const values = await inTurn(pick(3, 5), {
    parse: child('parse-and-hash', [], ONE_CORE),
    one: child('inspect', ['validate'], ONE_CORE),
    all: child('inspect', ['validate']),
    count: child('inspect', ['count']),
    shell: async () =>
      (await runProcess('sh', ['-c', `wc -l ${path} && sha256sum ${path}`], {cwd: folder})).ms,
  });
  const figure = (what: string, times: readonly number[], limit: number): Figure =>
    ratioFigure({
      what: `${name}, ${what}`,
      against: 'JSON.parse + SHA-256',
      values: times,
      base: values.parse,
      unit: 'ms',
      as: 'rate',
      target: {limit, is: 'at least'},
    });
  return [
    figure('one core', values.one, onOneCore),
    figure('all cores', values.all, onAll),
    ratioFigure({
      what: `${name}, --no-validate`,
      against: 'wc -l, then sha256sum',
      values: values.count,
      base: values.shell,
      unit: 'ms',
      as: 'rate',
      target: {limit: 1, is: 'at least'},
    }),
  ];
}
