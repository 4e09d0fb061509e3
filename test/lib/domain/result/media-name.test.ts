import {expect, test} from '@jest/globals';
import {MediaNames} from '../../../../src/lib/domain/result/media-name.js';

function namesOf(...keys: readonly (string | null)[]): readonly string[] {
  const names = new MediaNames();
  return keys.map((key) => names.next(key, 'image/png'));
}

test('a key that is a good name is the name', () => {
  expect(namesOf('r1', 'a-b_c.d', 'Zoë', '静か')).toEqual(['r1.png', 'a-b_c.d.png', 'Zoë.png', '静か.png']);
});

test('no key leads out of the folder, hides a file, or is a name that a system has given away', () => {
  const keys = [
    '../../etc/passwd',
    '/etc/x',
    '..',
    '.',
    '',
    null,
    '.bashrc',
    'C:\\x',
    '-rf',
    'nul',
    'COM1.a',
    'a\u0000b',
    'x. ',
    '\u202Egnp',
  ];
  const names = namesOf(...keys);
  for (const name of names) expect(name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*\.png$/u);
  expect(names.filter((name) => /^(?:nul|com1)\./iu.test(name))).toEqual([]);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(keys.length);
});

test('names differ where upper and lower case, or compositions of letters, are the same', () => {
  expect(namesOf('a', 'A', 'a', 'a-2', '\u00e9', 'e\u0301', 'a/b', 'a_b')).toEqual(
    ['a', 'A-2', 'a-3', 'a-2-2', '\u00e9', '\u00e9-2', 'a_b', 'a_b-2'].map((stem) => `${stem}.png`),
  );
});

test('a name fits every file system, and a letter is not cut', () => {
  const [long = '', other = ''] = namesOf('静'.repeat(400), '静'.repeat(401));
  expect(Buffer.byteLength(other)).toBeLessThan(200);
  expect(long).toBe(`${'静'.repeat(50)}.png`);
  expect(other).toBe(`${'静'.repeat(50)}-2.png`);
});

test('the ending is that of the content', () => {
  const names = new MediaNames();
  const types = ['IMAGE/JPEG', 'audio/L16;codec=pcm;rate=24000', 'video/mp4', 'application/x-sh', '../x', ''];
  expect(types.map((type, i) => names.next(String(i), type))).toEqual([
    '0.jpg',
    '1.pcm',
    '2.mp4',
    '3.bin',
    '4.bin',
    '5.bin',
  ]);
});

test('a hundred thousand rows without a name of their own are quick', () => {
  const names = new MediaNames();
  for (let i = 1; i < 100_000; i++) names.next('/', 'image/png');
  expect(names.next('/', 'image/png')).toBe('_-100000.png');
});
