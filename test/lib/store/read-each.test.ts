import {writeFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import type {JobStore} from '../../../src/lib/store/job-store.js';
import {nodeIo} from '../../../src/lib/store/file/store-io.js';
import {seededRandom} from '../../helpers/seeded-random.js';
import {recordLine} from './records.js';
import {openStore, useStore} from './store-fixture.js';

/** What is read at once. */
const BLOCK_BYTES = 1 << 16;
/** Many blocks. */
const LINES = 2_000;

const plain = Array.from({length: LINES}, (_, i) =>
  recordLine(`job${i}`, {submitted_at: 'x'.repeat(200 + (i % 97))}),
);

/** As one text, because a comparison field by field takes long. */
function seenBy(store: JobStore): string {
  const records: unknown[] = [];
  const {problems, openIntents} = store.readEach((record) => records.push(record));
  return JSON.stringify({records, problems, openIntents});
}

function readBy(store: JobStore): string {
  const {records, problems, openIntents} = store.read();
  return JSON.stringify({records: records.map(({record}) => record), problems, openIntents});
}

/** Some lines replaced by what is no record, or is written in another way. */
function mixed(seed: number): string {
  const random = seededRandom(seed);
  const odd = [
    '\n',
    '# a comment\n',
    '\ufeff',
    '{"input_file": 1}\n',
    '{"a":\n',
    'null\r\n',
    recordLine('Größe-表-🙂'),
    recordLine('wide', {submitted_at: '表'.repeat(20_000)}),
  ];
  return plain
    .map((line) => (random() < 0.02 ? (odd[Math.floor(random() * odd.length)] ?? '') : line))
    .join('');
}

describe('what is read in blocks is what is read at once', () => {
  const wide = recordLine('wide', {submitted_at: 'y'.repeat(5 * BLOCK_BYTES)});
  const cases: readonly (readonly [string, string | Buffer])[] = [
    ['an empty file', ''],
    ['one line without its end', recordLine('a').trimEnd()],
    ['lines of ASCII', plain.join('')],
    ['a last line without its end', plain.join('').trimEnd()],
    ['a line that is longer than several blocks', [wide, ...plain, wide, ...plain].join('')],
    ['lines that end as on Windows', plain.join('').replaceAll('\n', '\r\n')],
    ['lines that end with a carriage return alone', plain.join('').replaceAll('\n', '\r')],
    ['UTF-16', Buffer.from(`\ufeff${plain.join('')}`, 'utf16le')],
    ['UTF-16 of the other order', Buffer.from(`\ufeff${plain.join('')}`, 'utf16le').swap16()],
    ['comments alone', '# nothing here\n'.repeat(10_000)],
    ['bytes that are no text', Buffer.concat([Buffer.from(mixed(7)), Buffer.from([0xff, 0xfe, 0x0a])])],
    ['a line that just fills a block', filling(0)],
    ['a line whose end is the first byte of the next block', filling(1)],
    ...[1, 2, 3].map((seed) => [`lines of many kinds, ${seed}`, mixed(seed)] as const),
  ];

  test.each(cases)('%s', (_, content) => {
    const {store, path} = useStore(content);
    const whole = readBy(store);
    expect(seenBy(store) === whole).toBe(true);
    expect(seenBy(openStore(path, {io: sipping()})) === whole).toBe(true);
  });

  test('UTF-16 that is cut is refused', () => {
    const {store, path} = useStore();
    writeFileSync(path, Buffer.from(`\ufeff${plain.join('')}`, 'utf16le').subarray(0, 2 * BLOCK_BYTES + 1));
    expect(() => seenBy(store)).toThrow(expect.objectContaining({code: 'STORAGE'}));
  });
});

/** Lines of which the first ends so many bytes behind the first block. */
function filling(bytes: number): string {
  const around = Buffer.byteLength(recordLine('full', {submitted_at: ''}));
  const first = recordLine('full', {submitted_at: 'z'.repeat(BLOCK_BYTES - around + bytes)});
  return [first, ...plain].join('');
}

/** A file system that gives less than is asked for. */
function sipping(): typeof nodeIo {
  const random = seededRandom(20_261_128);
  return {
    ...nodeIo,
    readInto: (descriptor, buffer) =>
      nodeIo.readInto(descriptor, buffer.subarray(0, 1 + Math.floor(random() * 20_000))),
  };
}
