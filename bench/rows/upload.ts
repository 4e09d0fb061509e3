import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {inTurn} from '../measure/in-turn.js';
import {memoryFigure} from '../measure/memory-figure.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runChild, runProcess} from '../measure/run-process.js';
import type {Row} from '../row.js';
import {requestLine, writeLines} from '../support/request-text.js';
import {startServer} from '../support/start-server.js';

const MIB = 1024 ** 2;

/** As large as the chunks that the client sends. */
const CHUNK_BYTES = 64 * MIB;

/** How fast one large file is sent. */
export const upload: Row = {
  id: 'upload',
  title: 'Upload of 2 GiB over loopback',
  how: 'The client of gembatch, which hashes what it sends, and curl with the same chunks on one connection, to a server that throws the bytes away. The quick form sends 128 MiB.',
  async run({folder, pick}) {
    const cwd = folder;
    const enough = {bytes: pick(128, 2_047) * MIB};
    const file = await writeLines(join(folder, 'requests.jsonl'), (key) => requestLine(key), enough);
    await runProcess('split', ['-b', String(CHUNK_BYTES), file.path, join(folder, 'chunk.')], {cwd});
    const chunks = (await readdir(folder)).filter((name) => name.startsWith('chunk.')).sort();
    const server = await startServer('transfer-server', ['', file.sha256]);
    const peaks: number[] = [];
    const values = await inTurn(pick(3, 5), {
      gembatch: async () => {
        const args = [server.url, file.path, String(file.sizeBytes), file.sha256];
        const {ms, peakMiB} = await runChild<{ms: number; peakMiB: number}>('upload', args, {cwd});
        peaks.push(peakMiB);
        return ms;
      },
      curl: async () => (await runProcess('curl', curlArguments(chunks, server.url), {cwd})).ms,
    });
    await server.stop();
    return [
      ratioFigure({
        what: 'upload',
        against: 'curl, the same chunks',
        values: values.gembatch,
        base: values.curl,
        unit: 'ms',
        as: 'rate',
        target: {limit: 0.7, is: 'at least'},
      }),
      memoryFigure('upload', peaks, 150),
    ];
  },
};

function curlArguments(chunks: readonly string[], url: string): string[] {
  const each = chunks.flatMap((chunk) => ['-T', chunk, `${url}/upload/session`]);
  return ['-sS', '-X', 'POST', '-H', 'expect:', '-H', 'x-goog-upload-command: upload', ...each];
}
