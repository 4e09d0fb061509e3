import {join} from 'node:path';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {median} from '../measure/statistics.js';
import {runChild, runCli} from '../measure/run-process.js';
import type {Row} from '../row.js';
import {writeStore} from '../support/records.js';

const JOBS = 100_000;

/** How fast a large store is shown. */
export const list: Row = {
  id: 'list',
  title: 'List of 100,000 records',
  how: 'The whole command with its output read by the benchmark, less the same command on an empty store; against reading and JSON.parse of the same lines.',
  async run({folder, pick}) {
    const path = join(folder, 'jobs.jsonl');
    await Promise.all([writeStore(path, JOBS), writeStore(join(folder, 'empty.jsonl'), 0)]);
    const listOf = (name: string) => async (): Promise<number> =>
      (await runCli(['list', '--job-info', name], {cwd: folder})).ms;
    const values = await inTurn(pick(3, 9), {
      parse: async () => (await runChild<{ms: number}>('parse-lines', [path], {cwd: folder})).ms,
      empty: listOf('empty.jsonl'),
      full: listOf('jobs.jsonl'),
    });
    const startMs = median(values.empty);
    return [
      ratioFigure({
        what: 'gembatch list, without start',
        against: 'JSON.parse of the lines',
        values: values.full.map((ms) => ms - startMs),
        base: values.parse,
        unit: 'ms',
        target: {limit: 1.5, is: 'at most'},
      }),
    ];
  },
};
