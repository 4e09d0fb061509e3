import {copyFile} from 'node:fs/promises';
import {join} from 'node:path';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runChild} from '../measure/run-process.js';
import type {Figure, Row} from '../row.js';
import {writeStore} from '../support/records.js';

/** As many as one submission adds. */
const ADDED = 100;
const SIZES = [10, 1_000, 100_000] as const;

/** What a record costs in stores of several sizes. */
export const storeAdds: Row = {
  id: 'adds',
  title: 'Adding a job to a store',
  how: `A session that adds ${ADDED} jobs, each with its intent, opened and closed; durable on disk. Per job.`,
  async run({folder, pick}) {
    for (const size of SIZES) await writeStore(join(folder, `${size}.jsonl`), size);
    const add = (size: number) => async (): Promise<number> => {
      const path = join(folder, `copy-of-${size}.jsonl`);
      await copyFile(join(folder, `${size}.jsonl`), path);
      const {ms} = await runChild<{ms: number}>('add-jobs', [path, String(ADDED)], {cwd: folder});
      return ms / ADDED;
    };
    const values = await inTurn(pick(3, 7), {few: add(10), some: add(1_000), many: add(100_000)});
    const figure = (size: string, times: readonly number[], isLimited: boolean): Figure =>
      ratioFigure({
        what: `store of ${size}`,
        against: 'store of 10',
        values: times,
        base: values.few,
        unit: 'ms per job',
        target: isLimited ? {limit: 3, is: 'at most'} : null,
      });
    return [figure('1,000', values.some, false), figure('100,000', values.many, true)];
  },
};
