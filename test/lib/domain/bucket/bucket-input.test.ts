import {describe, expect, test} from '@jest/globals';
import {isPersonsObject} from '../../../../src/lib/domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../../../src/lib/domain/bucket/object-fingerprint.js';

describe('an object is a person’s', () => {
  const address = 'gs://bucket/in/a.jsonl';

  test('when a job or a create names it as its input', () => {
    expect(isPersonsObject(address, ['a.jsonl', address])).toBe(true);
    expect(isPersonsObject(address, ['gs://bucket/in/b.jsonl'])).toBe(false);
  });

  test('and no upload to the Gemini API ever is', () => {
    expect(isPersonsObject('files/a', ['files/a'])).toBe(false);
  });
});

describe('the fingerprint of an object', () => {
  const object = {address: 'gs://b/a.jsonl', sizeBytes: 10, generation: '1', md5: 'm'};

  test('is the same for the same content, wherever it is', () => {
    expect(objectFingerprint(object)).toMatch(/^[0-9a-f]{64}$/u);
    expect(objectFingerprint({...object, address: 'gs://c/b.jsonl', generation: '2'})).toBe(
      objectFingerprint(object),
    );
    for (const other of [{md5: 'n'}, {sizeBytes: 11}])
      expect(objectFingerprint({...object, ...other})).not.toBe(objectFingerprint(object));
  });

  test('is that of one generation of one object where there is no MD5', () => {
    const {md5: _, ...composed} = object;
    expect(objectFingerprint({...composed, sizeBytes: 11})).toBe(objectFingerprint(composed));
    for (const other of [{generation: '2'}, {address: 'gs://b/b.jsonl'}])
      expect(objectFingerprint({...composed, ...other})).not.toBe(objectFingerprint(composed));
  });
});
