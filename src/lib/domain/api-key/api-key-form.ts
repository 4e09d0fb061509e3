/** What a key may consist of: anything else cannot travel in a header, or shows that something else was pasted. */
const KEY = /^[\x21-\x7e]+$/u;

/** Whether it can be an API key: printable ASCII without blanks. */
export function looksLikeApiKey(key: unknown): key is string {
  return typeof key === 'string' && KEY.test(key);
}
