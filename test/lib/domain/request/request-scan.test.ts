import {describe, expect, test} from '@jest/globals';
import {judgeLine} from '../../../../src/lib/domain/request/request-line.js';
import {MESSAGES} from '../../../../src/lib/domain/request/schema/request-schema.js';
import {RequestScan} from '../../../../src/lib/domain/request/request-scan.js';
import {goodLine, lineWith, partLine, requestLine, TURN} from '../../../helpers/check-request-file.js';
import {seededRandom} from '../../../helpers/seeded-random.js';

const GOOD = [
  goodLine('ключ'),
  requestLine(`{"contents":[${TURN},{"parts":[{"text":"x \\" \\u00e9"}],"role":"model"}]}`),
  partLine('{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}'),
  partLine('{"file_data":{"file_uri":"https://x/files/a"}},{"functionCall":{"name":"f","args":{}}}'),
  lineWith(
    '"generation_config":{"temperature":0.5,"responseSchema":{"type":"OBJECT"},"stopSequences":["a"]}',
  ),
  lineWith('"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"google_search":{}}]'),
  lineWith(
    '"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"n":{"type":"INTEGER","minimum":0}}}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}',
  ),
  lineWith(
    '"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","maxItems":3,"items":{"type":"string","nullable":true}},"topP":0.9,"maxOutputTokens":64}',
  ),
  lineWith(
    '"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}],"generationConfig":{"candidateCount":1,"thinkingConfig":{"thinkingBudget":-1,"thinkingLevel":"MINIMAL"}}',
  ),
];

const MODELS = [undefined, 'models/gemini-2.5-flash', 'models/gemini-3.8-flash', 'models/gemini-4-argon'];

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
  '-',
  '9',
  '.5',
  '\\ud83d',
  '\\ude00',
  '"topK":',
];

function isGood(line: Buffer, model?: string): boolean {
  return new RequestScan(model).isGood(line, 0, line.length);
}

function findingCount(line: Buffer, model?: string): number {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(line));
  return [...judgeLine(value, model)].length;
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
  test('has a bit for each field of a message', () => {
    const widest = Math.max(...Object.values(MESSAGES).map((fields) => fields.split(' ').length));
    expect(widest).toBeLessThanOrEqual(31);
  });

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
      const model = MODELS[run % MODELS.length];
      if (!isGood(changed, model)) continue;
      goodCount++;
      if (findingCount(changed, model) > 0)
        throw new Error(`The scan takes what the rules do not: ${changed.toString()}`);
    }
    expect(goodCount).toBeGreaterThan(1_000);
  });

  test('says the same of a line whatever lines came before it', () => {
    const random = seededRandom(20260102);
    const scan = new RequestScan();
    const answers = {good: 0, bad: 0};
    for (let run = 0; run < 20_000; run++) {
      const form = run % 2_000 < 1_000 ? Math.floor(run / 200) : Math.floor(random() * 3);
      const good = GOOD[form % GOOD.length] ?? '';
      const line = run % 3 === 0 ? mutated(Buffer.from(good), random) : Buffer.from(good);
      const alone = new RequestScan();
      const isGoodAlone = alone.isGood(line, 0, line.length);
      answers[isGoodAlone ? 'good' : 'bad']++;
      const isSame = scan.isGood(line, 0, line.length) === isGoodAlone;
      if (!isSame || (isGoodAlone && !Buffer.from(scan.key).equals(alone.key))) {
        throw new Error(`The scan says another thing after other lines: ${line.toString()}`);
      }
    }
    expect(answers.good).toBeGreaterThan(10_000);
    expect(answers.bad).toBeGreaterThan(1_000);
  });

  test.each([0, 1, 2, 3])('sees each byte of a text that starts %d bytes after a word', (shift) => {
    const scan = new RequestScan();
    const unseen: string[] = [];
    for (const length of [1, 2, 3, 4, 5, 8, 11]) {
      const bytes = Buffer.from(`${' '.repeat(shift)}${partLine(`{"text":"${'x'.repeat(length)}"}`)}`);
      const start = bytes.indexOf('"text":"') + '"text":"'.length;
      for (let at = start; at < start + length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          bytes[at] = byte;
          const isFine = byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c;
          if (scan.isGood(bytes, shift, bytes.length) !== isFine)
            unseen.push(`${byte} at ${at - start} of ${length}`);
        }
        bytes[at] = 0x78;
      }
    }
    expect(unseen).toEqual([]);
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
