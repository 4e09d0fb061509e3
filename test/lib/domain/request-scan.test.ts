import {describe, expect, test} from '@jest/globals';
import {judgeLine} from '../../../src/lib/domain/request-line.js';
import {RequestScan} from '../../../src/lib/domain/request-scan.js';
import {goodLine, lineWith, partLine, requestLine, TURN} from '../../helpers/check-request-file.js';
import {seededRandom} from '../../helpers/seeded-random.js';

const GOOD = [
  goodLine('ключ'),
  requestLine(`{"contents":[${TURN},{"parts":[{"text":"x \\" \\u00e9"}],"role":"model"}]}`),
  partLine('{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}'),
  partLine('{"file_data":{"file_uri":"https://x/files/a"}},{"functionCall":{"name":"f","args":{}}}'),
  lineWith(
    '"generation_config":{"temperature":0.5,"responseSchema":{"type":"OBJECT"},"stopSequences":["a"]}',
  ),
  lineWith('"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"google_search":{}}]'),
];

/** Pieces that break a line, or make it mean something else. */
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
  ' ',
  '\0',
  '\x80',
  'null',
  'model',
  'text',
  '""',
  'data:',
  's',
];

function isGood(line: Buffer): boolean {
  return new RequestScan().isGood(line, 0, line.length);
}

function findingCount(line: Buffer): number {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(line));
  return [...judgeLine(value)].length;
}

function mutated(line: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * line.length);
  const piece = Buffer.from(PIECES[Math.floor(random() * PIECES.length)] ?? '', 'latin1');
  return Buffer.concat([line.subarray(0, at), piece, line.subarray(at + Math.floor(random() * 4))]);
}

/** Deletes or doubles a member, or what looks like one. */
function rearranged(line: string, random: () => number): string {
  const members = [...line.matchAll(/"\w+":(?:"[^"]*"|[\d.]+)/gu)];
  const member = members[Math.floor(random() * members.length)];
  if (member === undefined) return line;
  const [text] = member;
  const after = line.slice(member.index + text.length);
  if (random() < 0.5) return `${line.slice(0, member.index)}${text},${text}${after}`;
  return `${line.slice(0, member.index)}${after}`.replaceAll(/\{,/gu, '{').replaceAll(/,\}/gu, '}');
}

describe('RequestScan', () => {
  test.each(GOOD)('recognises %s', (line) => {
    const scan = new RequestScan();
    const bytes = Buffer.from(`  ${line}\n`);
    expect(scan.isGood(bytes, 2, bytes.length - 1)).toBe(true);
    expect(Buffer.from(scan.key).toString()).toBe((JSON.parse(line) as {key: string}).key);
  });

  test('vouches for no line that the rules find something in', () => {
    const random = seededRandom(20260101);
    let goodCount = 0;
    for (let run = 0; run < 20_000; run++) {
      const line = GOOD[run % GOOD.length] ?? '';
      const changed = Buffer.from(
        run % 3 === 0 ? rearranged(line, random) : mutated(Buffer.from(line), random),
      );
      if (!isGood(changed)) continue;
      goodCount++;
      if (findingCount(changed) > 0)
        throw new Error(`The scan takes what the rules do not: ${changed.toString()}`);
    }
    expect(goodCount).toBeGreaterThan(1_000);
  });

  test('leaves to the rules what has no key, no text or a field twice', () => {
    const lines = [
      requestLine(`{"contents":[${TURN}]}`, ''),
      requestLine(`{"contents":[${TURN}]}`, '\\u00e9'),
      `{"key":"a","key":"b","request":{"contents":[${TURN}]}}`,
      partLine('{"text":""}'),
      partLine('{"text":"a","text":1}'),
      partLine('{"inlineData":{"mimeType":"image/png","data":"data:image/png;base64,x"}}'),
      partLine('{"fileData":{"fileUri":"files/x"}}'),
      lineWith('"generationConfig":{},"generation_config":{}'),
    ];
    expect(lines.filter((line) => isGood(Buffer.from(line)))).toEqual([]);
  });
});
