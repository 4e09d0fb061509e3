/** Bytes that break things, made of good lines and bad ones. All choices come from `random`. */

type Random = () => number;

export function pick<T>(items: readonly [T, ...T[]], random: Random): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

/** JSON values that parsers and writers trip over, as text. */
const NASTY_VALUES: readonly [string, ...string[]] = [
  'null',
  '-0',
  '1e999',
  '123456789012345678901234567890.5',
  '12345678901234567890',
  '0.1e-400',
  '[]',
  '{}',
  '""',
  '"\\ud83d\\ude00 \\u0000 \u2028"',
  '{"__proto__": {"polluted": true}}',
  '{"a": 1, "a": 2}',
  `${'['.repeat(150)}${']'.repeat(150)}`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'true',
  '"text"',
  '-1.5',
];

export function nastyValue(random: Random): string {
  return pick(NASTY_VALUES, random);
}

/** A member of an object, as text: a name that nobody knows, or one that means something to JavaScript. */
export function nastyMember(random: Random): string {
  const name = pick(['__proto__', 'constructor', 'toString', 'x', 'größe', '', 'ключ'], random);
  return `${JSON.stringify(name)}: ${nastyValue(random)}`;
}

/** Lines that are not what the file is made of. */
export function nastyLine(random: Random): string {
  return pick(
    ['', ' \t', '\0\0\0\0', '# comment', '{', '[1]', '42', 'null', '{"half": ', '\ufeff{}', '}{', '"text"'],
    random,
  );
}

/** Lines as a file: with some damage, a byte order mark, carriage returns, and often without its end. */
export function fuzzFile(lines: readonly string[], random: Random): Buffer {
  const end = pick(['\n', '\n', '\n', '\r\n'], random);
  const mark = random() < 0.1 ? '\ufeff' : '';
  const last = random() < 0.7 ? end : '';
  let bytes: Buffer = Buffer.from(mark + lines.join(end) + last);
  for (let damages = Math.floor(random() * 6) - 3; damages > 0; damages -= 1) bytes = damaged(bytes, random);
  return bytes;
}

/** A byte changed, a piece cut out, doubled, torn off or filled with NULs, or random bytes put in. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const start = Math.floor(random() * bytes.length);
  const end = Math.min(bytes.length, start + 1 + Math.floor(random() * 12));
  const [before, piece, after] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  const noise = Buffer.from(Array.from(piece, () => Math.floor(random() * 256)));
  const replacement = pick<Buffer>(
    [
      noise,
      Buffer.alloc(0),
      Buffer.concat([piece, piece]),
      Buffer.alloc(piece.length),
      Buffer.concat([piece, noise]),
    ],
    random,
  );
  return random() < 0.2 ? Buffer.from(before) : Buffer.concat([before, replacement, after]);
}

/** So many things. */
export function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({length: count}, (_, index) => make(index));
}
