import {randomInt} from 'node:crypto';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const LENGTH = 10;

/** A new token for one create: 10 lower-case letters and digits, about 51 random bits. */
export function newAttempt(): string {
  return Array.from({length: LENGTH}, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
