import {describe, expect, test} from '@jest/globals';
import {hash128} from '../../../../src/lib/domain/request-key/key-hash.js';
import {KeyTable} from '../../../../src/lib/domain/request-key/key-table.js';

describe('KeyTable', () => {
  test('numbers keys in the order of their first appearance', () => {
    const table = new KeyTable();
    expect(['a', 'b', 'a', '', 'b', 'c'].map((key) => table.add(key))).toEqual([0, 1, 0, 2, 1, 3]);
    expect(table.size).toBe(4);
  });

  test('finds what was added and nothing else', () => {
    const table = new KeyTable();
    table.add('a');
    expect(table.find('a')).toBe(0);
    expect(table.find('b')).toBe(-1);
    expect(table.size).toBe(1);
  });

  test('takes text and its UTF-8 bytes for one key', () => {
    const table = new KeyTable();
    const long = 'ключ 日本 😀 '.repeat(100);
    expect(table.add(long)).toBe(table.find(Buffer.from(long)));
    expect(table.add('é')).not.toBe(table.add('e\u0301'));
  });

  test('keeps the numbers of all keys while it grows', () => {
    const table = new KeyTable();
    const count = 100_000;
    for (let i = 0; i < count; i++) table.add(`request-${i}`);
    for (let i = 0; i < count; i++) if (table.find(`request-${i}`) !== i) throw new Error(`request-${i}`);
    expect(table.size).toBe(count);
  });
});

describe('hash128', () => {
  test('gives the published value of MurmurHash3_x86_128', () => {
    const words = new Uint32Array(4);
    hash128(Buffer.from('I will not buy this record, it is scratched.'), words);
    const hex = [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
    expect(hex).toBe('a0a9683b25ac5e40d9af2895890dddf5');
  });

  test('tells apart keys of each length that differ in one byte', () => {
    const seen = new Set<string>();
    const words = new Uint32Array(4);
    for (let length = 1; length <= 40; length++) {
      for (let at = 0; at < length; at++) {
        const key = Buffer.alloc(length);
        key[at] = 1;
        hash128(key, words);
        seen.add(words.join());
      }
    }
    expect(seen.size).toBe(820);
  });
});
