import {join} from 'node:path';
import {open, rm} from 'node:fs/promises';
import {inTurn} from '../measure/in-turn.js';
import {memoryFigure} from '../measure/memory-figure.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {peakMemoryOfCli, runChild, runCli} from '../measure/run-process.js';
import type {Row} from '../row.js';

/** Rows that are written at once. */
const BLOCK_ROWS = 1_000;
/** With the rest of a row, 500 bytes. */
const REVIEW = 'The handle is warm, the lid is ""tight"", and it boils in 2 min. '.repeat(7).slice(0, 470);

/** How fast a table becomes request files. */
export const preparation: Row = {
  id: 'prepare',
  title: 'Preparing 1,000,000 rows of 500 bytes',
  how: 'gembatch prepare with a prompt of two columns and a key column, its start included, against csv-parse and JSON.stringify of the same rows. The quick form has 100,000 rows.',
  async run({folder, pick}) {
    const table = join(folder, 'table.csv');
    const rows = pick(100_000, 1_000_000);
    await writeTable(table, rows);
    const out = join(folder, 'out');
    const args = ['prepare', table, '-p', 'Rate the {{ product }}: {{ review }}', '--key', 'id', '-o', out];
    const prepare = async (): Promise<number> => {
      await rm(out, {recursive: true, force: true});
      return (await runCli(args, {cwd: folder})).ms;
    };
    const values = await inTurn(pick(3, 5), {
      prepare,
      parse: async () => (await runChild<{ms: number}>('parse-csv', [table], {cwd: folder})).ms,
    });
    await rm(out, {recursive: true, force: true});
    const peak = await peakMemoryOfCli(args, {cwd: folder});
    return [
      ratioFigure({
        what: 'gembatch prepare',
        against: 'csv-parse + JSON.stringify',
        values: values.prepare,
        base: values.parse,
        unit: 'ms',
        as: 'rate',
        target: {limit: 0.5, is: 'at least'},
      }),
      memoryFigure('gembatch prepare', [peak], 200),
    ];
  },
};

async function writeTable(path: string, rows: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write('id,product,stars,review\n');
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const lines = Array.from(
        {length: BLOCK_ROWS},
        (_, i) => `r${start + i},Kettle ${i % 97},5,"${REVIEW}"\n`,
      );
      await file.write(lines.join(''));
    }
  } finally {
    await file.close();
  }
}
