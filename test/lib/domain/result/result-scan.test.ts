import {describe, expect, test} from '@jest/globals';
import {JsonCursor} from '../../../../src/lib/domain/json/json-cursor.js';
import {KeyScan} from '../../../../src/lib/domain/request-key/key-scan.js';
import {readResultRow} from '../../../../src/lib/domain/result/result-row.js';
import {ResultScan} from '../../../../src/lib/domain/result/result-scan.js';
import {answerRow, embeddingRow, errorRow} from '../../../helpers/result-rows.js';
import {seededRandom} from '../../../helpers/seeded-random.js';

const ROWS = [
  answerRow(),
  answerRow({key: 'ключ', text: 'a "quoted" \\ text\nwith é and 😀'}),
  embeddingRow('e'),
  errorRow('k'),
  '{"key":"a","key":"b","response":{"candidates":[{"content":{"parts":[{"text":"x","text":""}]},"finishReason":"STOP"}]}}',
  '{"key":"a","x":[1,-0.5e+7,true,false,null,{}, [] ,"\\u00e9\\/"],"response":{"embedding":{"values":[1]}}}',
];
const EMPTY = Buffer.alloc(0);

/** Pieces that break JSON or change what it means. */
const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  '.',
  'e',
  ' ',
  '\n',
  '\0',
  '\x80',
  'null',
  'STOP',
];

function mutated(line: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * line.length);
  const piece = Buffer.from(PIECES[Math.floor(random() * PIECES.length)] ?? '', 'latin1');
  const removed = Math.floor(random() * 3);
  return Buffer.concat([line.subarray(0, at), piece, line.subarray(at + removed)]);
}

function* mutations(count: number): Generator<Buffer> {
  const random = seededRandom(20260101);
  for (let i = 0; i < count; i++) {
    yield mutated(Buffer.from(ROWS[i % ROWS.length] ?? ''), random);
  }
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function parsedKey(line: Buffer): string | null {
  if (!isJsonObject(line)) return null;
  const {key} = JSON.parse(line.toString()) as {key?: unknown};
  return typeof key === 'string' ? key : null;
}

describe('ResultScan', () => {
  test('recognises plain answers and embeddings without parsing them', () => {
    for (const line of [answerRow(), answerRow({text: 'a "b" é'}), embeddingRow('k')]) {
      expect(new ResultScan().isGood(Buffer.from(line), 0, Buffer.byteLength(line))).toBe(true);
    }
  });

  test('finds no row good that the parser does not, and then the same key', () => {
    const scan = new ResultScan();
    let goodCount = 0;
    for (const line of mutations(30_000)) {
      if (!scan.isGood(line, 0, line.length)) continue;
      goodCount++;
      const {outcome, key} = readResultRow(line);
      if (outcome !== 'ok' || key !== Buffer.from(scan.key).toString()) throw new Error(line.toString());
    }
    expect(goodCount).toBeGreaterThan(1000);
  });

  test('says the same of a row whatever rows came before it', () => {
    const random = seededRandom(20260103);
    const scan = new ResultScan();
    const answers = {good: 0, bad: 0};
    for (let run = 0; run < 20_000; run++) {
      const row = Buffer.from(ROWS[Math.floor(run / 200) % ROWS.length] ?? '');
      const line = run % 3 === 0 ? mutated(row, random) : row;
      const alone = new ResultScan();
      const isGoodAlone = alone.isGood(line, 0, line.length);
      answers[isGoodAlone ? 'good' : 'bad']++;
      const isSame = scan.isGood(line, 0, line.length) === isGoodAlone;
      if (!isSame || (isGoodAlone && !Buffer.from(scan.key).equals(alone.key)))
        throw new Error(`The scan says another thing after other rows: ${line.toString()}`);
    }
    expect(answers.good).toBeGreaterThan(8_000);
    expect(answers.bad).toBeGreaterThan(1_000);
  });

  test('takes no row for good whose only text is empty, after rows alike with a text', () => {
    const scan = new ResultScan();
    const [full, empty] = [answerRow({text: 'x'}), answerRow({text: ''})].map((row) => Buffer.from(row));
    expect([full, full, empty, full].map((row) => scan.isGood(row ?? EMPTY, 0, row?.length ?? 0))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test('looks at nothing outside its range', () => {
    const row = Buffer.from(answerRow());
    const scan = new ResultScan();
    for (let end = 1; end < row.length; end++) expect(scan.isGood(row, 0, end)).toBe(false);
  });
});

describe('KeyScan', () => {
  test('finds the key that JSON.parse finds, whatever lines came before', () => {
    const random = seededRandom(20260104);
    const scan = new KeyScan();
    let keys = 0;
    for (let run = 0; run < 20_000; run++) {
      const row = Buffer.from(ROWS[Math.floor(run / 100) % ROWS.length] ?? '');
      const line = run % 3 === 0 ? mutated(row, random) : row;
      const found = scan.keyOf(line, 0, line.length);
      const key = found === null ? null : Buffer.from(found).toString();
      if (key !== null) keys++;
      if (key !== parsedKey(line)) throw new Error(`${String(key)} in ${line.toString()}`);
    }
    expect(keys).toBeGreaterThan(10_000);
  });
});

describe('JsonCursor', () => {
  test('accepts the objects that JSON.parse accepts, and no others', () => {
    const cursor = new JsonCursor();
    const skip = (at: JsonCursor): boolean => at.skipValue();
    let accepted = 0;
    for (const line of mutations(30_000)) {
      const isAccepted = cursor.walkObject(line, {start: 0, end: line.length}, skip);
      if (isAccepted) accepted++;
      const isValid = isJsonObject(line);
      // An escape in a name is the one thing that it leaves to JSON.parse.
      const isExcused = isValid && line.includes('\\');
      if (isAccepted !== isValid && !isExcused) throw new Error(line.toString());
    }
    expect(accepted).toBeGreaterThan(1000);
  });

  test('gives up on nesting that would exhaust the stack', () => {
    const deep = Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(new JsonCursor().walkObject(deep, {start: 0, end: deep.length}, (at) => at.skipValue())).toBe(
      false,
    );
  });
});
