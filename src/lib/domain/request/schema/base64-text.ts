/**
 * Letters of Base64 as Google's JSON reader takes them: both alphabets, both paddings, spaces and line breaks anywhere.
 * https://github.com/abseil/abseil-cpp/blob/master/absl/strings/escaping.cc
 */
const FOREIGN = /[^A-Za-z0-9+/_=.\s-]/u;

/** What stands in place of Base64, an address or a path or a text, shows early; a picture has millions of letters. */
export const BASE64_HEAD = 1_000;

/** By byte, 1 for those of Base64. */
export const BASE64_BYTES = Uint8Array.from({length: 256}, (_, byte) =>
  byte < 0x80 && !FOREIGN.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** The first letter that no Base64 has, near the start of a text; undefined when there is none. */
export function foreignToBase64(text: string): string | undefined {
  return FOREIGN.exec(text.slice(0, BASE64_HEAD))?.[0];
}
