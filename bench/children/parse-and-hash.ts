// The measure of an inspection: JSON.parse of each line plus SHA-256, streamed in one thread. node parse-and-hash.js FILE
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {argv, stdout} from 'node:process';

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 10;

const hash = createHash('sha256');
let rest: Buffer = Buffer.alloc(0);
let lines = 0;
const startedMs = performance.now();
for await (const read of createReadStream(argv[2] ?? '', {highWaterMark: CHUNK_BYTES})) {
  hash.update(read as Buffer);
  const chunk = rest.length === 0 ? (read as Buffer) : Buffer.concat([rest, read as Buffer]);
  let start = 0;
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    JSON.parse(chunk.toString('utf8', start, end));
    lines += 1;
    start = end + 1;
  }
  rest = chunk.subarray(start);
}
hash.digest('hex');
stdout.write(JSON.stringify({ms: performance.now() - startedMs, lines}));
