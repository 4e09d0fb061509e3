import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {inTurn} from '../measure/in-turn.js';
import {memoryFigure} from '../measure/memory-figure.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runChild, runProcess} from '../measure/run-process.js';
import type {Row} from '../row.js';
import {resultLine, writeLines} from '../support/request-text.js';
import {startServer} from '../support/start-server.js';

const MIB = 1024 ** 2;

/** How fast one large result file comes home, every row of it read. */
export const download: Row = {
  id: 'download',
  title: 'Download of 2 GiB over loopback, verified',
  how: 'As a poll does it: the request file is read for its keys, each row counted, judged and matched on the way, the file hashed and put in place durably. curl writes the same bytes, and sync makes them durable. The quick form loads 128 MiB.',
  async run({folder, pick}) {
    const cwd = folder;
    const results = await writeLines(join(folder, 'results.jsonl'), resultLine, {
      bytes: pick(128, 2_048) * MIB,
    });
    const lines = {lines: results.lines};
    const requests = await writeLines(join(folder, 'requests.jsonl'), shortRequest, lines);
    const server = await startServer('transfer-server', [results.path]);
    const peaks: number[] = [];
    const values = await inTurn(pick(3, 5), {
      gembatch: async () => {
        const args = [server.url, requests.path, String(requests.lines), requests.sha256];
        const {ms, peakMiB} = await runChild<{ms: number; peakMiB: number}>('download', args, {cwd});
        await rm(join(folder, 'verified.jsonl'));
        peaks.push(peakMiB);
        return ms;
      },
      curl: async () => {
        const load = `curl -sS -o plain.jsonl '${server.url}/files/bench:download' && sync plain.jsonl`;
        const {ms} = await runProcess('sh', ['-c', load], {cwd});
        await rm(join(folder, 'plain.jsonl'));
        return ms;
      },
    });
    await server.stop();
    return [
      ratioFigure({
        what: 'download, verified',
        against: 'curl -o',
        values: values.gembatch,
        base: values.curl,
        unit: 'ms',
        as: 'rate',
        target: {limit: 0.5, is: 'at least'},
      }),
      memoryFigure('download, verified', peaks, 200),
    ];
  },
};

/** A request as short as its kind can be: it is the results that are measured. */
function shortRequest(key: string): string {
  return `${JSON.stringify({key, request: {contents: [{parts: [{text: 'Go on.'}]}]}})}\n`;
}
