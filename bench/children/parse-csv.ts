// The measure of a preparation: csv-parse and JSON.stringify of each row, streamed. node parse-csv.js FILE
import {createReadStream} from 'node:fs';
import {argv, stdout} from 'node:process';
import {parse} from 'csv-parse';

const startedMs = performance.now();
const parser = createReadStream(argv[2] ?? '').pipe(parse({columns: true, bom: true}));
let characters = 0;
for await (const row of parser) characters += JSON.stringify(row).length;
stdout.write(JSON.stringify({ms: performance.now() - startedMs, characters}));
